import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { runChild, runCommand } from './child.mjs'
import { ensureInstalled, ensurePage, ensureServer, findNode } from './setup.mjs'

const projects = ['tsconfig.json', 'tsconfig.node.json', 'tsconfig.worker.json', 'dashboard']

const staticChecks = [
  { name: 'format and lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check'] },
  ...projects.map((project) => ({
    name: `types of ${project}`,
    args: ['node_modules/typescript/bin/tsc', '-p', project],
  })),
  { name: 'size of the Worker', args: ['scripts/worker.mjs', 'check'], isShown: true },
]

/** The memory that must be free for temporary files in it. The tests use a fraction. */
const neededBytes = 4 * 2 ** 30

// `npm test` runs every check and test, also in a fresh clone and on Node 20. `npm test -- test/core` runs only those
// tests.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await ensureServer()
  const selection = process.argv.slice(2)
  const checks = selection.length === 0 ? await runStaticChecks() : { passed: 0, failed: 0 }
  const { passed, failed, skipped } = await runSuite(selection)
  const allFailed = checks.failed + failed
  // .ci/run parses this line.
  console.log(`\n${checks.passed + passed} passed, ${allFailed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return allFailed === 0 ? 0 : 1
})

async function runStaticChecks() {
  const codes = await Promise.all(
    staticChecks.map(async ({ name, args, isShown = false }) => {
      const { code, output } = await runNode(args, { quiet: true })
      if (code !== 0 || isShown) console.log(output.trimEnd())
      console.log(`${code === 0 ? '✓' : '✗'} ${name}`)
      return code
    }),
  )
  const passed = codes.filter((code) => code === 0).length
  return { passed, failed: codes.length - passed }
}

/**
 * Runs vitest and counts the results. A file that fails to load counts as one failure, and so does a run that fails
 * without naming a test: no failure is reported as zero.
 */
async function runSuite(selection) {
  const memory = openMemoryFolder()
  const folder = memory ?? mkdtempSync(join(tmpdir(), 'weir-test-'))
  const file = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const env = memory === undefined ? {} : { TMPDIR: memory }
    const { code } = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...selection], { env })
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
    const report = JSON.parse(readFileSync(file, 'utf8'))
    const unloadable = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    )
    const failed = report.numFailedTests + unloadable.length
    return {
      passed: report.numPassedTests,
      failed: code !== 0 && failed === 0 ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Creates a folder in memory for the temporary files of the tests, whose databases wait for a disk at each commit: that
 * doubles the time of many tests. Returns undefined if the machine has not enough memory, or runs no programs there, as in
 * Docker's own /dev/shm.
 */
function openMemoryFolder() {
  const root = '/dev/shm'
  if (process.env.TMPDIR !== undefined || !existsSync(root)) return undefined
  const { bavail, bsize } = statfsSync(root)
  if (Math.min(bavail * bsize, process.availableMemory?.() ?? 0) < neededBytes) return undefined
  const folder = mkdtempSync(join(root, 'weir-test-'))
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 })
  if (spawnSync(program).status === 0) return folder
  rmSync(folder, { recursive: true })
  return undefined
}

function runNode(args, { env = {}, ...options } = {}) {
  const node = findNode()
  // Tests that start `node` use the same one.
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`
  return runChild(node, args, { ...options, env: { ...process.env, ...env, PATH: path } })
}
