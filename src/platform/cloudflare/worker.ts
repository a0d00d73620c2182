import { parseSettings } from '../../config/parse-settings.ts'
import { type App, createApp } from '../../http/app.ts'
import { createProvider } from '../../providers/create-provider.ts'
import { createRegistry } from '../../providers/registry.ts'
import { toLogLine } from '../../telemetry/to-log-line.ts'
import { fetchTransport } from './fetch-transport.ts'
import { misconfigured } from './misconfigured.ts'
import { toResponse } from './to-response.ts'
import { workerClock } from './worker-clock.ts'
import { toInbound } from './worker-inbound.ts'
import { workerSecrets } from './worker-secrets.ts'

/** Plain text variables and secrets; see docs/configuration.md. */
type Env = Readonly<Record<string, unknown>>

let app: App | undefined

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      app ??= createWorkerApp(env)
    } catch (error) {
      return misconfigured(error)
    }
    const { inbound, leave } = toInbound(request)
    const handled = app.handle(inbound)
    // Without this a call whose caller has left is dropped where it stands, and its record with it (R07).
    context.waitUntil(handled)
    return toResponse(await handled, leave)
  },
} satisfies ExportedHandler<Env>

/** Holds configuration only, nothing of a request (S70), so that it may outlive one. */
function createWorkerApp(env: Env): App {
  const settings = parseSettings({ env: onlyText(env), config: readConfig(env), platform: 'workers' })
  return createApp({
    settings,
    registry: createRegistry(settings.providers.map(createProvider), settings),
    transport: fetchTransport,
    clock: workerClock,
    secrets: workerSecrets,
    log: { record: (record) => settings.log.level === 'info' && console.log(toLogLine(record, Date.now())) },
  })
}

function onlyText(env: Env): Record<string, string> {
  const pairs = Object.entries(env).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(pairs)
}

/** In wrangler's `vars` the configuration may be an object; as a secret it is text, which `parseSettings` reads itself. */
function readConfig(env: Env): unknown {
  const config = env.WEIR_CONFIG
  return typeof config === 'object' && config !== null ? config : undefined
}
