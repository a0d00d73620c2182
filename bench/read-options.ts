import { parseArgs } from 'node:util'
import { type GatewayName, gatewayNames } from './gateways/gateway.ts'

export const usage = `Measures Weir beside other relays, in alternating rounds of one run.

  npm run bench -- [options]

  --quick            one short round, about 40 s; writes no file
  --name NAME        part of the file's name in bench/results (default: node)
  --rounds N         default 5, with --quick 1
  --gateways LIST    of ${gatewayNames.join(',')}
  --scenarios LIST   of json-64,json-1,burst,burst-hidden,paced,streams-512
  --help
`

export interface BenchOptions {
  readonly isQuick: boolean
  readonly name: string
  readonly rounds: number
  readonly gateways: readonly GatewayName[]
  /** Undefined for all. */
  readonly scenarios: readonly string[] | undefined
  readonly wantsHelp: boolean
}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      name: { type: 'string', default: 'node' },
      rounds: { type: 'string' },
      gateways: { type: 'string' },
      scenarios: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const wanted = values.gateways?.split(',')
  return {
    isQuick: values.quick,
    name: values.name,
    rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
    gateways: gatewayNames.filter((name) => wanted === undefined || wanted.includes(name)),
    scenarios: values.scenarios?.split(','),
    wantsHelp: values.help,
  }
}
