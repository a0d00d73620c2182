import type { StartedProcess } from '../machine/start-process.ts'

/** One way from the load to the upstream. */
export interface Gateway {
  readonly name: GatewayName
  /** Scheme, host and port. */
  readonly origin: string
  /** Undefined where nothing stands between. */
  readonly pid: number | undefined
  /** What every call to it must carry beside the usual, such as where the upstream is. */
  readonly headers: Readonly<Record<string, string>>
  /** When its process was begun, by `performance.now()`. */
  readonly startedAt: number
  stop(): Promise<void>
}

export interface GatewayOptions {
  readonly upstream: string
  readonly core: number | undefined
  /** For logs and the like; removed afterwards. */
  readonly folder: string
  /** Where the commit that this one is compared with is checked out. */
  readonly baselineRoot?: string
}

/** A process that listens at `origin`, as a gateway. */
export function toGateway(
  name: GatewayName,
  { pid, startedAt, stop }: StartedProcess,
  { origin, headers = {} }: { readonly origin: string; readonly headers?: Gateway['headers'] },
): Gateway {
  return { name, origin, pid, headers, startedAt, stop }
}

export const gatewayNames = [
  ...(['direct', 'nginx', 'weir', 'baseline', 'weir-bare', 'baseline-bare'] as const),
  ...(['bun', 'bun-bare', 'workerd', 'dispatch', 'fetch'] as const),
  ...(['portkey', 'portkey-1.14'] as const),
]

export type GatewayName = (typeof gatewayNames)[number]

/** Installed from npm below `bench/peers/`, and only when somebody asks for them. */
export const peerNames: readonly GatewayName[] = ['bun', 'bun-bare', 'portkey', 'portkey-1.14']

/** Each way to run Weir that `--against` compares, and the same of the other commit. */
export const baselinePairs = [
  ['weir', 'baseline'],
  ['weir-bare', 'baseline-bare'],
] as const satisfies readonly (readonly [GatewayName, GatewayName])[]

export const gatewayTitles: Readonly<Record<GatewayName, string>> = {
  direct: 'direct, no gateway',
  nginx: 'nginx `proxy_pass`, keep-alive',
  weir: '**Weir**, all on',
  baseline: '**Weir** at the baseline, all on',
  'weir-bare': '**Weir**, bare',
  'baseline-bare': '**Weir** at the baseline, bare',
  bun: '**Weir** under Bun, all on',
  'bun-bare': '**Weir** under Bun, bare',
  workerd: '**Weir** in workerd, bare',
  dispatch: '`node:http` + undici `dispatch`',
  fetch: '`node:http` + global `fetch`',
  portkey: 'Portkey, as npm installs it',
  'portkey-1.14': 'Portkey, `@hono/node-server` 1.14.1',
}
