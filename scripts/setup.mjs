import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { projectRoot, runChild } from './child.mjs'

// What a command needs before it runs: packages, a Node that runs TypeScript, the page, and the server as JavaScript. It works in a fresh
// clone and on Node 20, so this file and those that import it are plain JavaScript, without packages.

const bundledNode = join(projectRoot, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** A Node that runs TypeScript as it stands: the one that came with `npm ci`, else the one that runs this, if it is new enough. */
export function findNode() {
  if (isBundledNodeUsable()) return bundledNode
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  throw new Error(
    `Weir needs Node 22.19 or later and this is ${process.versions.node}. ` +
      'The Node 24 that npm installs with Weir is missing or does not run here; `ignore-scripts` in an .npmrc prevents it. ' +
      'Try `npm rebuild node`, or install Node 24.',
  )
}

/** Runs it, since a folder that moved between machines (a container's, say) may hold another platform's binary. */
function isBundledNodeUsable() {
  return spawnSync(bundledNode, ['--version']).status === 0
}

const lockFile = join(projectRoot, 'package-lock.json')
const stampFile = join(projectRoot, 'node_modules/.weir-installed')
const npmLockFile = join(projectRoot, 'node_modules/.package-lock.json')

/**
 * Runs `npm ci` unless node_modules already is what package-lock.json asks for.
 * The stamp is removed first and written last, so an install that was interrupted is done again.
 */
export async function ensureInstalled() {
  if (isStamped()) return
  await takeTurns(async (nameChild) => {
    if (isStamped()) return
    if (!isInstalledByHand()) await install(nameChild)
    writeFileSync(stampFile, describeInstall())
  })
}

function isStamped() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === describeInstall()
}

function describeInstall() {
  const digest = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  return `${digest} ${process.platform} ${process.arch}\n`
}

/** True after a developer's own `npm ci`: npm writes its copy of the lockfile when all else is done. */
function isInstalledByHand() {
  if (!existsSync(npmLockFile) || existsSync(stampFile) || !isBundledNodeUsable()) return false
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const installed = JSON.parse(readFileSync(npmLockFile, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  )
}

async function install(nameChild) {
  console.log("Installing Weir's packages, Node 24 among them: once, about half a minute and 650 MB …")
  const startedAt = performance.now()
  rmSync(stampFile, { force: true })
  rmSync(npmLockFile, { force: true })
  const [command, ...args] = npmCommand()
  // Said outright because NODE_ENV=production would leave out Node 24 and the page's builder.
  const install = [...args, 'ci', '--include=dev', '--no-audit', '--no-fund']
  const { code, output } = await runChild(command, install, { quiet: true, onStart: nameChild })
  if (code !== 0) throw new Error(`${output}\n\`npm ci\` ended with code ${code}; what it said is above.`)
  console.log(`Installed in ${Math.round((performance.now() - startedAt) / 1000)} s.`)
}

/** npm names its own script in the environment; a bare `npm` needs a shell on Windows. */
function npmCommand() {
  const script = process.env.npm_execpath
  if (script !== undefined && basename(script) === 'npm-cli.js') return [process.execPath, script]
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm']
}

const folderDigest = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16)
/** Not in node_modules, which npm empties. Holds the ids of the processes at work, one a line. */
const turnFile = join(tmpdir(), `weir-install-${folderDigest}.pid`)
/** Past it the ids belong to other processes by now. */
const longestTurnMs = 15 * 60_000

/**
 * Runs `work` while no other process installs into this folder; first waits for one that does, such as an `npm ci` that
 * outlived its killed `npm start`. `work` gets a function that names a child process as part of the work.
 */
async function takeTurns(work) {
  if (!claimTurn()) {
    console.log('Another install of this folder is under way; waiting for it …')
    while (!claimTurn()) await setTimeout(200)
  }
  try {
    await work((pid) => appendFileSync(turnFile, `${pid}\n`))
  } finally {
    rmSync(turnFile, { force: true })
  }
}

function claimTurn() {
  if (existsSync(turnFile) && !isTaken()) rmSync(turnFile, { force: true })
  try {
    writeFileSync(turnFile, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isTaken() {
  try {
    if (Date.now() - statSync(turnFile).mtimeMs > longestTurnMs) return false
    return readFileSync(turnFile, 'utf8').split('\n').filter(Boolean).map(Number).some(isAlive)
  } catch (error) {
    // It ended between two looks.
    if (error.code === 'ENOENT') return false
    throw error
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Builds the page where it is missing or older than its sources. A checkout without the page's sources is left alone. */
export async function ensurePage() {
  const sources = join(projectRoot, 'dashboard')
  if (!existsSync(sources) || isBuilt('dist/dashboard/index.html', sources)) return
  console.log('Building the page …')
  const { code, output } = await runChild(findNode(), ['node_modules/vite/bin/vite.js', 'build', 'dashboard'], {
    quiet: true,
  })
  if (code !== 0) throw new Error(`${output}\nBuilding the page failed; what Vite said is above.`)
}

/**
 * Bundles the server where it is missing or older than its sources. Node can run the sources themselves, but what takes their types away
 * stays in memory: 35 MB, and half a second at each start.
 */
export async function ensureServer() {
  if (isBuilt('dist/platform/node/cli.mjs', join(projectRoot, 'src'))) return
  const { code } = await runChild(findNode(), ['scripts/build-server.mjs'])
  if (code !== 0) throw new Error('Bundling the server failed; what esbuild said is above.')
}

/** Whether a file is at least as new as everything in a folder. */
function isBuilt(file, sources) {
  const path = join(projectRoot, file)
  if (!existsSync(path)) return false
  const changes = readdirSync(sources, { recursive: true }).map((name) => statSync(join(sources, name)).mtimeMs)
  return statSync(path).mtimeMs >= Math.max(0, ...changes)
}
