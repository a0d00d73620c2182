import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkOutBaseline, removeBaseline, resolveCommit } from './baseline/check-out-baseline.ts'
import { measureAllocations } from './baseline/measure-allocations.ts'
import { measureExtras, noExtras } from './extras/measure-extras.ts'
import type { Gateway, GatewayOptions } from './gateways/gateway.ts'
import { startGateway } from './gateways/start-gateway.ts'
import { chooseRunner } from './load/choose-runner.ts'
import { startLoader } from './load/start-loader.ts'
import { describeMachine } from './machine/describe-machine.ts'
import { findTools, type Tools } from './machine/find-tools.ts'
import { readVersions } from './machine/read-versions.ts'
import { startUpstream } from './machine/start-upstream.ts'
import { watchChildren } from './machine/watch-children.ts'
import { installPeer } from './peers/install-peer.ts'
import { type BenchOptions, readOptions, usage } from './read-options.ts'
import { renderReport } from './report/render-report.ts'
import type { Report } from './report/report.ts'
import { toJson } from './report/to-json.ts'
import { listScenarios } from './scenarios/list-scenarios.ts'
import { measure, toLoad } from './scenarios/measure.ts'
import { prepare } from './scenarios/prepare.ts'
import { runRounds } from './scenarios/run-rounds.ts'

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  const options = readOptionsOrExit(args)
  if (options.wantsHelp) return void process.stdout.write(usage)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const children = watchChildren()
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL')
    removeBaseline(join(folder, 'baseline'))
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  // Without a listener, a signal ends the process without its `exit` event, and the folder and the servers remain.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
  const running: { stop(): Promise<void> }[] = []
  try {
    const report = await bench(options, folder, running)
    process.stdout.write(`\n${renderReport(report)}`)
    save(report, options)
  } finally {
    await Promise.all(running.map((process) => process.stop()))
  }
}

type RunOptions = BenchOptions & { readonly other: { readonly ref: string; readonly commit: string } | undefined }

function readOptionsOrExit(args: readonly string[]): RunOptions {
  try {
    const options = readOptions(args)
    const { against: ref } = options
    return { ...options, other: ref === undefined ? undefined : { ref, commit: resolveCommit(ref) } }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

async function bench(options: RunOptions, folder: string, running: { stop(): Promise<void> }[]): Promise<Report> {
  const tools = findTools()
  const { isQuick, other } = options
  const baselineRoot = join(folder, 'baseline')
  if (other !== undefined) checkOutBaseline(other.commit, baselineRoot, say)
  const upstream = await startUpstream(tools.cores?.rest)
  running.push(upstream)
  const loader = startLoader(tools.cores?.rest)
  running.push(loader)
  const gatewayOptions = { upstream: upstream.origin, core: tools.cores?.gateway, folder, baselineRoot }
  const gateways = await startGateways(options, tools, gatewayOptions, running)
  const all = listScenarios(isQuick)
  const scenarios = all.filter(({ id }) => options.scenarios?.includes(id) ?? true)
  const results = await runRounds({
    ...{ rounds: options.rounds, scenarios, gateways, say },
    isAble: await prepare(gateways, scenarios, { loader, isQuick, say }),
    async settleIn(scenario, { origin, headers }) {
      if (isQuick || scenario.warmUpMs === 0) return
      await loader.run({ ...toLoad(scenario), origin, headers, durationMs: 500 })
    },
    measure: (scenario, gateway) =>
      measure(scenario, gateway, { cores: tools.cores, run: chooseRunner(scenario, { tools, loader, folder }) }),
  })
  const names = gateways.map(({ name }) => name)
  const extrasScenario = isQuick || options.scenarios !== undefined ? undefined : all[0]
  const start = (name: Gateway['name']) => startGateway(name, gatewayOptions)
  return {
    against: other && {
      ...other,
      allocations: await measureAllocations({ names, scenarios, start, loader, folder, say }),
    },
    command: ['npm run bench', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)].join(' '),
    ...{ date: today(), rounds: options.rounds, machine: describeMachine(), versions: readVersions(names, tools) },
    ...{ tools, results },
    ...(extrasScenario === undefined
      ? noExtras
      : await measureExtras({ names, start, scenario: extrasScenario, loader, folder, say })),
  }
}

/** Starts the gateways one after another: concurrent starts slow each other down, and one may fail. */
async function startGateways(
  { gateways }: BenchOptions,
  tools: Tools,
  gatewayOptions: GatewayOptions,
  running: { stop(): Promise<void> }[],
): Promise<Gateway[]> {
  const started: Gateway[] = []
  for (const name of gateways) {
    if (name === 'nginx' && tools.nginx === undefined) {
      say('nginx is not installed: measuring without it')
      continue
    }
    await installPeer(name, say)
    const gateway = await startGateway(name, gatewayOptions)
    running.push(gateway)
    started.push(gateway)
  }
  return started
}

/** Writes the report. A quick run writes only the file of --json, because its figures are rough. */
function save(report: Report, { isQuick, name, json }: BenchOptions): void {
  if (json !== undefined) write(json, toJson(report))
  if (isQuick) return
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${report.date}-${name}`)
  write(`${file}.md`, renderReport(report))
  write(`${file}.json`, toJson(report))
}

function write(file: string, content: string): void {
  writeFileSync(file, content)
  say(`written to ${file}`)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
