import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const file = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const { code } = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...selection])
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

function runNode(args, options = {}) {
  const node = findNode()
  // Tests that start `node` use the same one.
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`
  return runChild(node, args, { ...options, env: { ...process.env, PATH: path } })
}
