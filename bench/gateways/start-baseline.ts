import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Gateway, GatewayOptions } from './gateway.ts'

/**
 * Starts the commit of `--against` with its own copy of start-weir.ts: its server, its configuration, its way to create
 * a key.
 */
export async function startBaseline(
  name: 'baseline' | 'baseline-bare',
  { baselineRoot, ...options }: GatewayOptions,
): Promise<Gateway> {
  if (baselineRoot === undefined) throw new Error(`${name} needs --against`)
  const file = join(baselineRoot, 'bench/gateways/start-weir.ts')
  const { startWeir }: typeof import('./start-weir.ts') = await import(pathToFileURL(file).href)
  return { ...(await startWeir(name === 'baseline' ? 'weir' : 'weir-bare', options)), name }
}
