import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { projectRoot, runChild, runCommand } from './child.mjs'
import { ensureInstalled, ensureServer, findNode, npmCommand } from './setup.mjs'

// `npm run agents` runs real coding agents against a real Weir whose providers are played, where no other machine can be
// reached. It installs them once, into node_modules/.agents or the folder in CODING_AGENTS.
// `--install` only installs them. `--transcripts FOLDER` writes what each did. Other arguments go to vitest:
// `npm run agents -- -t opencode`.

const programs = join(projectRoot, 'test/agents/programs')

await runCommand(async () => {
  const args = process.argv.slice(2)
  // First, because `npm ci` deletes the contents of node_modules.
  if (!args.includes('--install')) await ensureInstalled()
  const folder = process.env.CODING_AGENTS ?? join(projectRoot, 'node_modules/.agents')
  await installAgents(folder)
  if (args.includes('--install')) return 0
  await ensureServer()
  const isolation = findIsolation()
  if (isolation === undefined) {
    console.error(
      '!! The coding agents did not run: this machine permits no network namespace (`unshare --net`, and `ip`).',
    )
    return process.env.CI ? 1 : 0
  }
  const { transcripts, rest } = takeTranscripts(args)
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/agents/vitest.config.ts', ...rest]
  const [command, ...before] = [...isolation, findNode()]
  const env = {
    ...process.env,
    CODING_AGENTS: resolve(folder),
    ...(transcripts && { AGENT_TRANSCRIPTS: resolve(transcripts) }),
  }
  const { code } = await runChild(command, [...before, ...vitest], { env })
  return code
})

/** Installs the agents. The copy of the lockfile is written last: an interrupted install runs again. */
async function installAgents(folder) {
  const lockFile = join(programs, 'package-lock.json')
  const stampFile = join(folder, 'installed.json')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === readFileSync(lockFile, 'utf8')) return
  console.log('Installing the coding agents: once, about half a minute and 1.3 GB …')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(programs, name), join(folder, name))
  const [command, ...args] = npmCommand()
  // Not `npm ci`, which demands the packages of all platforms in the lockfile; a registry may lack some of opencode's.
  const install = [...args, 'install', '--prefix', folder, '--no-audit', '--no-fund']
  const { code, output } = await runChild(command, install, { quiet: true })
  if (code !== 0) throw new Error(`${output}\nnpm could not install the coding agents; see its output above.`)
  copyFileSync(lockFile, stampFile)
}

/** Returns the command that runs another with nothing but loopback, or undefined where the system permits none. */
function findIsolation() {
  const loopback = 'ip link set lo up && exec "$@"'
  return [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ]
    .map((command) => [...command, 'sh', '-c', loopback, 'sh'])
    .find(([command, ...args]) => spawnSync(command, [...args, 'true']).status === 0)
}

function takeTranscripts(args) {
  const at = args.indexOf('--transcripts')
  if (at < 0) return { transcripts: undefined, rest: args }
  return { transcripts: args[at + 1] ?? 'docs/agents', rest: args.toSpliced(at, 2) }
}
