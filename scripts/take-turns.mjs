import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { projectRoot } from './project-root.mjs'

const digest = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16)
/** Not in node_modules, which npm empties. Holds the ids of the processes at work, one a line. */
const turnFile = join(tmpdir(), `weir-install-${digest}.pid`)
/** Past it the ids belong to somebody else by now. */
const longestTurnMs = 15 * 60_000

/**
 * Runs `work` while no other process installs into this folder; first waits for one that does, such as an `npm ci` that
 * outlived its killed `npm start`. `work` gets a function that names a child process as part of the work.
 */
export async function takeTurns(work) {
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
