import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureStartUp } from './extras/measure-start-up.ts'
import { measureWorker } from './extras/measure-worker.ts'
import type { Gateway } from './gateways/gateway.ts'
import { type GatewayOptions, startGateway } from './gateways/start-gateway.ts'
import { runWrk } from './load/run-wrk.ts'
import { type Loader, startLoader } from './load/start-loader.ts'
import { findTools, type Tools } from './machine/find-tools.ts'
import { startProcess } from './machine/start-process.ts'
import { waitForUrl } from './machine/wait-for-url.ts'
import { type BenchOptions, readOptions, usage } from './read-options.ts'
import { renderReport } from './report/render-report.ts'
import { listScenarios } from './scenarios/list-scenarios.ts'
import { runRounds } from './scenarios/run-rounds.ts'
import type { Scenario } from './scenarios/scenario.ts'

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  const options = readOptions(args)
  if (options.wantsHelp) return void process.stdout.write(usage)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const running: { stop(): Promise<void> }[] = []
  try {
    const report = await bench(options, folder, running)
    process.stdout.write(`\n${report}`)
    if (!options.isQuick) save(report, options.name)
  } finally {
    await Promise.all(running.map((process) => process.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function bench(options: BenchOptions, folder: string, running: { stop(): Promise<void> }[]): Promise<string> {
  const tools = findTools()
  const upstream = startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL('upstream/serve-upstream.ts', import.meta.url))],
    core: tools.cores?.rest,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const loader = startLoader(tools.cores?.rest)
  running.push(upstream, loader)
  const place = { upstream: await waitForUrl(upstream, upstream.child.stdout), core: tools.cores?.gateway, folder }
  const gateways = await startGateways(options, tools, place)
  running.push(...gateways)
  const all = listScenarios(options.isQuick)
  const scenarios = all.filter(({ id }) => options.scenarios?.includes(id) ?? true)
  const run = (scenario: Scenario) => runnerOf(scenario, { tools, loader, folder })
  await warmUp(gateways, scenarios, { loader, isQuick: options.isQuick })
  const settleIn = async (scenario: Scenario, { origin }: Gateway) => {
    if (!options.isQuick && scenario.warmUpMs > 0) await loader.run({ ...scenario, origin, durationMs: 500 })
  }
  const results = await runRounds({ rounds: options.rounds, scenarios, gateways, settleIn, run, say })
  const isWhole = !options.isQuick && options.scenarios === undefined
  const [first] = all
  return renderReport({
    command: ['npm run bench', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)].join(' '),
    date: today(),
    rounds: options.rounds,
    tools,
    results,
    startUp: isWhole && first !== undefined ? await measureStartUp(place, first, loader) : undefined,
    worker: isWhole ? await measureWorker(folder) : undefined,
  })
}

async function startGateways(options: BenchOptions, tools: Tools, place: GatewayOptions): Promise<Gateway[]> {
  const names = options.gateways.filter((name) => name !== 'nginx' || tools.nginx !== undefined)
  return Promise.all(names.map((name) => startGateway(name, place)))
}

/** V8 needs tens of thousands of calls until it has compiled what it will. */
async function warmUp(
  gateways: readonly Gateway[],
  scenarios: readonly Scenario[],
  { loader, isQuick }: { loader: Loader; isQuick: boolean },
): Promise<void> {
  for (const { name, origin } of gateways.filter(({ pid }) => pid !== undefined)) {
    say(`warming up ${name}`)
    for (const scenario of scenarios.filter(({ warmUpMs }) => warmUpMs > 0)) {
      await loader.run({ ...scenario, origin, durationMs: scenario.warmUpMs / (isQuick ? 3 : 1) })
    }
  }
}

/** Plain answers by wrk where there is one, since it leaves more of the shared core to the upstream. */
function runnerOf(scenario: Scenario, { tools, loader, folder }: { tools: Tools; loader: Loader; folder: string }) {
  if (tools.wrk === undefined || scenario.unit === 'stream') return loader.run
  return (load: Parameters<Loader['run']>[0]) => runWrk(load, { core: tools.cores?.rest, folder })
}

function save(report: string, name: string): void {
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${today()}-${name}.md`)
  writeFileSync(file, report)
  say(`written to ${file}`)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
