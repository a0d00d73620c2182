/** One way from the load to the upstream. */
export interface Gateway {
  readonly name: GatewayName
  /** Scheme, host and port. */
  readonly origin: string
  /** Undefined where nothing stands between. */
  readonly pid: number | undefined
  stop(): Promise<void>
}

export const gatewayNames = ['direct', 'nginx', 'weir', 'dispatch', 'fetch'] as const

export type GatewayName = (typeof gatewayNames)[number]

export const gatewayTitles: Readonly<Record<GatewayName, string>> = {
  direct: 'direct, no gateway',
  nginx: 'nginx `proxy_pass`, keep-alive',
  weir: '**Weir**',
  dispatch: '`node:http` + undici `dispatch`',
  fetch: '`node:http` + global `fetch`',
}
