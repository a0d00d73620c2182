import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { ensureServer } from './ensure-server.mjs'
import { findNode } from './find-node.mjs'
import { projectRoot } from './project-root.mjs'
import { addTallies, readVitestReport, toClosingLine } from './read-vitest-report.mjs'
import { runChild } from './run-child.mjs'
import { runCommand } from './run-command.mjs'

const projects = ['tsconfig.json', 'tsconfig.node.json', 'tsconfig.worker.json', 'dashboard']

const staticChecks = [
  { name: 'format and lint', tool: '@biomejs/biome/bin/biome', args: ['check'] },
  ...projects.map((project) => ({ name: `types of ${project}`, tool: 'typescript/bin/tsc', args: ['-p', project] })),
  { name: 'size of the Worker', tool: '../scripts/check-bundle.mjs', args: [], isShown: true },
]

// `npm test`: everything, also in a fresh clone and on Node 20. `npm test -- test/core` runs those tests alone.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await ensureServer()
  const selection = process.argv.slice(2)
  const tallies = selection.length === 0 ? await runStaticChecks() : []
  const total = addTallies([...tallies, await runSuite(selection)])
  console.log(`\n${toClosingLine(total)}`)
  return total.failed === 0 ? 0 : 1
})

async function runStaticChecks() {
  const tallies = []
  for (const { name, tool, args, isShown = false } of staticChecks) {
    const { code, output } = await runTool(tool, args, { quiet: true })
    if (code !== 0 || isShown) console.log(output.trimEnd())
    console.log(`${code === 0 ? '✓' : '✗'} ${name}`)
    tallies.push({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 })
  }
  return tallies
}

async function runSuite(selection) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { code } = await runTool('vitest/vitest.mjs', ['run', ...reporters, ...selection])
    return readVitestReport(report, code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runTool(tool, args, options = {}) {
  const node = findNode()
  // Tests that start `node` get this one, too.
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`
  return runChild(node, [join(projectRoot, 'node_modules', tool), ...args], {
    ...options,
    env: { ...process.env, PATH: path },
  })
}
