import type { ClientOptions, OpenAI } from 'openai'
import { describe } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { type Gateway, type GatewayOptions, gatewayToken, type Runtime, toOpenAIEnv } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { type Sdk, sdks } from './sdks.ts'

export interface Connection {
  readonly gateway: Gateway
  /** Calls Weir. */
  readonly client: OpenAI
}

export interface UpstreamConnection extends Connection {
  readonly upstream: ScriptedUpstream
  /** Calls the upstream itself, with no Weir between. */
  readonly direct: OpenAI
}

export interface SdkSurroundings {
  readonly sdk: Sdk
  readonly runtime: Runtime
  /** A Weir whose only provider is its demo, which pauses for nothing unless told to. */
  connectDemo(env?: Readonly<Record<string, string>>): Promise<Connection>
  /** A Weir before the scripted upstream. */
  connectUpstream(options?: GatewayOptions): Promise<UpstreamConnection>
}

/** Runs every case with each SDK, on Node and in workerd. Clients do not retry unless a case asks for it. */
export function describeSdks(name: string, define: (surroundings: SdkSurroundings) => void): void {
  describeOnBoth(name, (start, { runtime, startUpstream }) => {
    describe.each(sdks)('with $name', (sdk) => {
      const connect = (url: string): OpenAI => new sdk.OpenAI({ ...clientOptions, baseURL: `${url}/v1` })
      define({
        sdk,
        runtime,
        async connectDemo(env) {
          const gateway = await start({ env: { DEMO: 'true', DEMO_WORD_DELAY_MS: '0', TOKEN: gatewayToken, ...env } })
          return { gateway, client: connect(gateway.url) }
        },
        async connectUpstream({ env, ...options } = {}) {
          const upstream = await startUpstream()
          const gateway = await start({ ...options, env: { ...toOpenAIEnv(upstream), ...env } })
          return { gateway, upstream, client: connect(gateway.url), direct: connect(upstream.url) }
        },
      })
    })
  })
}

const clientOptions: ClientOptions = { apiKey: gatewayToken, maxRetries: 0, timeout: 15_000 }
