import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isBundledNodeUsable } from './find-node.mjs'
import { projectRoot } from './project-root.mjs'
import { runChild } from './run-child.mjs'
import { takeTurns } from './take-turns.mjs'

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

function describeInstall() {
  const digest = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  return `${digest} ${process.platform} ${process.arch}\n`
}

/** True after somebody's own `npm ci`: npm writes its copy of the lockfile when all else is done. */
function isInstalledByHand() {
  if (!existsSync(npmLockFile) || existsSync(stampFile) || !isBundledNodeUsable()) return false
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const installed = JSON.parse(readFileSync(npmLockFile, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  )
}
