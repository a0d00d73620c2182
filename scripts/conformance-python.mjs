import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, runChild, runCommand } from './child.mjs'
import { ensureInstalled, findNode } from './setup.mjs'

// `npm run conformance:python` tests the Python clients against an upstream, directly and through Weir. It installs
// them once, into node_modules/.python-clients or the folder in PYTHON_CLIENTS, separate from the machine's own
// packages. `--install` only installs them.

const requirementsFile = join(projectRoot, 'test/conformance/python/requirements.txt')

await runCommand(async () => {
  const isInstallOnly = process.argv.includes('--install')
  // First, because `npm ci` deletes the contents of node_modules.
  if (!isInstallOnly) await ensureInstalled()
  const folder = process.env.PYTHON_CLIENTS ?? join(projectRoot, 'node_modules/.python-clients')
  await installClients(folder)
  if (isInstallOnly) return 0
  const tests = ['scripts/test.mjs', 'test/conformance/python', ...process.argv.slice(2)]
  const { code } = await runChild(findNode(), tests, { env: { ...process.env, PYTHON_CLIENTS: folder } })
  return code
})

/**
 * Installs the clients. The copy of requirements.txt is written last: an interrupted install runs again. The test reads
 * it too.
 */
async function installClients(folder) {
  const stampFile = join(folder, 'requirements.txt')
  const requirements = readFileSync(requirementsFile, 'utf8')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === requirements) return
  console.log('Installing the Python clients: once, about a minute and 450 MB …')
  rmSync(folder, { recursive: true, force: true })
  const python = await makeEnvironment(folder)
  // Python compiles the modules that are used at their first import. The timeouts end an unreachable registry in
  // minutes.
  const options = ['--quiet', '--no-compile', '--disable-pip-version-check', '--retries=2', '--timeout=30']
  const install = ['-m', 'pip', 'install', ...options, '--requirement', requirementsFile]
  const { code, output } = await runChild(python, install, { quiet: true })
  if (code !== 0) throw new Error(`${output}\npip could not install the Python clients; see its output above.`)
  writeFileSync(stampFile, requirements)
}

/** Creates a virtual environment with the first suitable Python. A version manager's may precede the system's own. */
async function makeEnvironment(folder) {
  const failures = []
  for (const python of ['python3', '/usr/bin/python3', 'python']) {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10) and "is older than Python 3.10")'
    const failure = await run(python, ['-c', check], () => run(python, ['-m', 'venv', folder]))
    if (failure === undefined) return join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
    failures.push(`${python}: ${failure}`)
  }
  throw new Error(
    `${failures.join('\n')}\nThe Python clients need Python 3.10 or later with venv. On Debian, install the package python3-venv.`,
  )
}

/** Runs a command, then `next`. Resolves with undefined if both succeed, otherwise with the error output. */
async function run(command, args, next) {
  try {
    const { code, output } = await runChild(command, args, { quiet: true })
    if (code !== 0) return output.trim() || `ended with code ${code}`
    return await next?.()
  } catch (error) {
    return error.message
  }
}
