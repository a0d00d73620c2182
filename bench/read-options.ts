import { parseArgs } from 'node:util'
import { baselinePairs, type GatewayName, gatewayNames, peerNames } from './gateways/gateway.ts'
import { listScenarios } from './scenarios/list-scenarios.ts'

/** Default scenarios of a comparison of two commits. */
const comparedScenarios = ['json-64', 'json-1', 'burst', 'paced']

const scenarioNames = listScenarios(false).map(({ id }) => id)

export const usage = `Measures Weir and other relays in alternating rounds of one run. Method and limits: docs/performance.md

  npm run bench -- [options]

  --quick            one short round of each; writes no file unless --json names one
  --only LIST        only these scenarios and gateways, separated by commas
  --gateways LIST    these gateways
  --scenarios LIST   these scenarios
  --peers            also gateways that need an install from npm: ${peerNames.join(', ')}
  --against REF      compare with another commit of Weir, all on and bare, in the same rounds, including allocated bytes
                     per call. Scenarios: ${comparedScenarios.join(', ')}. --only selects other scenarios, and adds gateways
  --rounds N         default 5, with --quick 1
  --name NAME        part of the file's name in bench/results (default: node, or against-REF)
  --json FILE        also write the figures to FILE
  --help

Scenarios  ${scenarioNames.join(' ')}
Gateways   ${gatewayNames.join(' ')}
`

export interface BenchOptions {
  readonly isQuick: boolean
  readonly name: string
  readonly rounds: number
  readonly gateways: readonly GatewayName[]
  /** Undefined means all. */
  readonly scenarios: readonly string[] | undefined
  /** A git revision of Weir to compare with. */
  readonly against: string | undefined
  readonly json: string | undefined
  readonly wantsHelp: boolean
}

/** Parses the options. Throws a TypeError that names the invalid one. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      gateways: { type: 'string' },
      scenarios: { type: 'string' },
      peers: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      against: { type: 'string' },
      name: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const only = toList(values.only) ?? []
  const known = [...scenarioNames, ...gatewayNames]
  refuseUnknown([...only, ...(toList(values.gateways) ?? []), ...(toList(values.scenarios) ?? [])], known)
  const { against } = values
  const named = toList(values.gateways) ?? orUndefined(only.filter((name) => !scenarioNames.includes(name)))
  const baseline = named?.find((name) => baselines.includes(name))
  if (against === undefined && baseline !== undefined) throw new TypeError(`${baseline} needs --against REF.`)
  const gateways =
    against === undefined
      ? (named ?? gatewayNames.filter((name) => isDefault(name, values.quick, values.peers)))
      : withBaselines([...(named ?? []), ...(values.peers ? peerNames : [])])
  return {
    isQuick: values.quick,
    name: values.name ?? (against === undefined ? 'node' : `against-${against.replace(/[^\w.-]+/g, '-')}`),
    rounds: toCount(values.rounds) ?? (values.quick ? 1 : 5),
    gateways: gatewayNames.filter((name) => gateways.includes(name)),
    scenarios:
      toList(values.scenarios) ??
      orUndefined(only.filter((name) => scenarioNames.includes(name))) ??
      (against === undefined ? undefined : comparedScenarios),
    against,
    json: values.json,
    wantsHelp: values.help,
  }
}

const baselines: readonly string[] = baselinePairs.map(([, baseline]) => baseline)

/** Returns the named variants of Weir (default: both) with their baselines, then the other named gateways. */
function withBaselines(named: readonly string[]): readonly string[] {
  const wanted = baselinePairs.filter((pair) => pair.some((name) => named.includes(name)))
  return [...(wanted.length === 0 ? baselinePairs : wanted).flat(), ...named]
}

/** Returns true for the default gateways. A quick run omits workerd: bundling the Worker takes longer than all else. */
function isDefault(name: GatewayName, isQuick: boolean, withPeers: boolean): boolean {
  if (baselines.includes(name)) return false
  if (peerNames.includes(name)) return withPeers
  return name !== 'workerd' || !isQuick
}

function refuseUnknown(names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new TypeError(`Unknown: ${unknown.join(', ')}. See --help.`)
}

function toList(value: string | undefined): readonly string[] | undefined {
  return value?.split(',').filter((name) => name !== '')
}

function orUndefined(names: readonly string[]): readonly string[] | undefined {
  return names.length === 0 ? undefined : names
}

function toCount(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d*$/.test(value)) throw new TypeError(`--rounds must be a whole number of at least 1, not ${value}.`)
  return Number(value)
}
