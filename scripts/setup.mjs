import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { projectRoot, runChild } from './child.mjs'

// Prepares the requirements of a command: packages, a Node that runs TypeScript, the page, and the bundled server.
// This file and its importers are plain JavaScript without packages, because they run in a fresh clone and on Node 20.

const bundledNode = join(projectRoot, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')

/**
 * Returns the path of a Node that runs TypeScript: the one that `npm ci` installs, or this process's if it is recent
 * enough.
 */
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

/** Runs the binary, because a folder that was copied from another machine or container may hold another platform's. */
function isBundledNodeUsable() {
  return spawnSync(bundledNode, ['--version']).status === 0
}

const lockFile = join(projectRoot, 'package-lock.json')
const stampFile = join(projectRoot, 'node_modules/.weir-installed')
const npmLockFile = join(projectRoot, 'node_modules/.package-lock.json')

/**
 * Runs `npm ci` unless node_modules already matches package-lock.json.
 * The stamp is removed first and written last: an interrupted install runs again.
 */
export async function ensureInstalled() {
  if (isStamped()) return
  await withInstallLock(async (addChild) => {
    if (isStamped()) return
    if (!isInstalledByHand()) await install(addChild)
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

/** Returns true after a developer's own `npm ci`: npm writes its copy of the lockfile last. */
function isInstalledByHand() {
  if (!existsSync(npmLockFile) || existsSync(stampFile) || !isBundledNodeUsable()) return false
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const installed = JSON.parse(readFileSync(npmLockFile, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  )
}

async function install(addChild) {
  console.log("Installing Weir's packages, Node 24 among them: once, about half a minute and 650 MB …")
  const startedAt = performance.now()
  rmSync(stampFile, { force: true })
  rmSync(npmLockFile, { force: true })
  const [command, ...args] = npmCommand()
  // `--include=dev`, because NODE_ENV=production would leave out Node 24 and the page's builder.
  const install = [...args, 'ci', '--include=dev', '--no-audit', '--no-fund']
  const { code, output } = await runChild(command, install, { quiet: true, onStart: addChild })
  if (code !== 0) throw new Error(`${output}\n\`npm ci\` failed with code ${code}; see its output above.`)
  console.log(`Installed in ${Math.round((performance.now() - startedAt) / 1000)} s.`)
}

/**
 * Returns the command that runs npm. npm puts its script's path into the environment; a bare `npm` needs a shell on
 * Windows.
 */
export function npmCommand() {
  const script = process.env.npm_execpath
  if (script !== undefined && basename(script) === 'npm-cli.js') return [process.execPath, script]
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm']
}

const folderDigest = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16)
/** Holds the ids of the installing processes, one a line. Outside node_modules, which npm deletes. */
const installLockFile = join(tmpdir(), `weir-install-${folderDigest}.pid`)
/** An older lock is stale: its process ids may belong to other processes. */
const maxInstallMs = 15 * 60_000

/**
 * Runs `work` while no other process installs into this folder. First waits for such a process, for example an `npm ci`
 * that outlived a killed `npm start`. `work` receives a function that adds the id of a child process to the lock.
 */
async function withInstallLock(work) {
  if (!acquireLock()) {
    console.log('Another install of this folder is in progress; waiting for it …')
    while (!acquireLock()) await setTimeout(200)
  }
  try {
    await work((pid) => appendFileSync(installLockFile, `${pid}\n`))
  } finally {
    rmSync(installLockFile, { force: true })
  }
}

function acquireLock() {
  if (existsSync(installLockFile) && !isLocked()) rmSync(installLockFile, { force: true })
  try {
    writeFileSync(installLockFile, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isLocked() {
  try {
    if (Date.now() - statSync(installLockFile).mtimeMs > maxInstallMs) return false
    return readFileSync(installLockFile, 'utf8').split('\n').filter(Boolean).map(Number).some(isAlive)
  } catch (error) {
    // The other install finished in between and removed the file.
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

/**
 * Builds the page if it is missing or older than its sources. Does nothing in a checkout without the page's sources.
 */
export async function ensurePage() {
  const sources = join(projectRoot, 'dashboard')
  if (!existsSync(sources) || isBuilt('dist/dashboard/index.html', sources)) return
  console.log('Building the page …')
  const { code, output } = await runChild(findNode(), ['node_modules/vite/bin/vite.js', 'build', 'dashboard'], {
    quiet: true,
  })
  if (code !== 0) throw new Error(`${output}\nBuilding the page failed; see Vite's output above.`)
}

/**
 * Bundles the server if it is missing or older than its sources. Node can run the sources directly, but its type
 * stripper then takes 35 MB of memory, and half a second at each start.
 */
export async function ensureServer() {
  if (isBuilt('dist/platform/node/cli.mjs', join(projectRoot, 'src'))) return
  const { code } = await runChild(findNode(), ['scripts/build-server.mjs'])
  if (code !== 0) throw new Error("Bundling the server failed; see esbuild's output above.")
}

/** Returns true if a file is at least as new as everything in a folder. */
function isBuilt(file, sources) {
  const path = join(projectRoot, file)
  if (!existsSync(path)) return false
  const changes = readdirSync(sources, { recursive: true }).map((name) => statSync(join(sources, name)).mtimeMs)
  return statSync(path).mtimeMs >= Math.max(0, ...changes)
}
