import type { StartedProcess } from '../machine/start-process.ts'

/** One path from the load to the upstream. */
export interface Gateway {
  readonly name: GatewayName
  /** Scheme, host and port. */
  readonly origin: string
  /** Undefined for `direct`, which has no process. */
  readonly pid: number | undefined
  /** Additional headers that every call to it needs, such as the address of the upstream. */
  readonly headers: Readonly<Record<string, string>>
  /** Start of its process, by `performance.now()`. */
  readonly startedAt: number
  stop(): Promise<void>
}

export interface GatewayOptions {
  readonly upstream: string
  readonly core: number | undefined
  /** Folder for logs and other files; removed afterwards. */
  readonly folder: string
  /** The checkout of the commit of `--against`. */
  readonly baselineRoot?: string
}

/** Returns a process that listens at `origin` as a gateway. */
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

/** Gateways that are installed from npm below `bench/peers/`, only on request. */
export const peerNames: readonly GatewayName[] = ['bun', 'bun-bare', 'portkey', 'portkey-1.14']

/** The variants of Weir that `--against` compares, each with that of the other commit. */
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
