import { createRequire } from 'node:module'
import type * as undici from 'undici/index.js'

// One file at a time: undici's index also loads its fetch, WebSockets, caches and mocks, 6 MB of memory. By their paths for Bun too,
// which answers to the bare name with a stand-in of its own that lacks `dispatch` and cannot be closed.
const load = createRequire(import.meta.url)

// As the index does it: `connect`, by which the proxy agents open their tunnels, and `request` are no methods before that.
Object.assign(load('undici/lib/dispatcher/dispatcher.js').prototype, load('undici/lib/api/index.js'))

export const Agent = load('undici/lib/dispatcher/agent.js') as typeof undici.Agent
export const Pool = load('undici/lib/dispatcher/pool.js') as typeof undici.Pool
export const ProxyAgent = load('undici/lib/dispatcher/proxy-agent.js') as typeof undici.ProxyAgent
export const EnvHttpProxyAgent = load(
  'undici/lib/dispatcher/env-http-proxy-agent.js',
) as typeof undici.EnvHttpProxyAgent
