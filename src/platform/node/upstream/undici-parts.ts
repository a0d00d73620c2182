import { createRequire } from 'node:module'
import type * as undici from 'undici/index.js'

// Loads single files, because undici's index also loads its fetch, WebSockets, caches and mocks, 6 MB of memory. The
// paths also avoid Bun's own replacement for the name `undici`, which lacks `dispatch` and cannot be closed.
const load = createRequire(import.meta.url)

// As undici's index does: adds `request`, and `connect`, which the proxy agents need to open tunnels.
Object.assign(load('undici/lib/dispatcher/dispatcher.js').prototype, load('undici/lib/api/index.js'))

export const Agent = load('undici/lib/dispatcher/agent.js') as typeof undici.Agent
export const Pool = load('undici/lib/dispatcher/pool.js') as typeof undici.Pool
export const ProxyAgent = load('undici/lib/dispatcher/proxy-agent.js') as typeof undici.ProxyAgent
export const EnvHttpProxyAgent = load(
  'undici/lib/dispatcher/env-http-proxy-agent.js',
) as typeof undici.EnvHttpProxyAgent
