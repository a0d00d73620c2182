import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../crash/start-server.ts'

/** Servers that share a database. */
export interface ServerGroup {
  readonly origins: readonly string[]
  /** Lets the servers drain and stop. */
  stop(): Promise<void>
}

/** Starts `count` servers in a folder, with this configuration, of `workers` processes each. */
export async function startServers(folder: string, count: number, config: object, workers = 1): Promise<ServerGroup> {
  writeFileSync(join(folder, 'weir.config.json'), JSON.stringify(config))
  const args = ['--workers', String(workers)]
  const servers = await Promise.all(Array.from({ length: count }, () => startServer(folder, {}, { args })))
  return {
    origins: servers.map(({ origin }) => origin),
    async stop() {
      await Promise.all(
        servers.map(async ({ child }) => {
          const exit = once(child, 'exit')
          child.kill('SIGTERM')
          await exit
        }),
      )
    },
  }
}

/** Prices in USD per million tokens. Cached input costs a tenth of other input. */
export const price = { input: 2.5, output: 10, cached_input: 0.25 }

/** Returns the cost of a usage in nano-USD. */
export function priceUsage(inputTokens: number, cachedTokens: number, outputTokens: number): number {
  return (inputTokens - cachedTokens) * 2_500 + cachedTokens * 250 + outputTokens * 10_000
}

/** Returns the providers of these URLs by name, and the prices of their model `m`. */
export function toProviders(urls: Readonly<Record<string, string>>, timeouts: object) {
  const names = Object.keys(urls)
  const provider = (name: string) => ({
    ...{ kind: 'openai', api_key: `sk-chaos-${name}-0123456789`, base_url: urls[name], models: ['m'] },
    timeouts,
  })
  return {
    providers: Object.fromEntries(names.map((name) => [name, provider(name)])),
    prices: Object.fromEntries(names.map((name) => [`${name}/m`, price])),
  }
}
