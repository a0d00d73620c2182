import OpenAI, { type ClientOptions } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import OpenAIv4 from 'openai-v4'
import { describe } from 'vitest'
import * as z from 'zod'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { type Gateway, type GatewayOptions, gatewayToken, type Runtime, toOpenAIEnv } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'

/** A release of OpenAI's official client. */
export interface Sdk {
  readonly name: string
  /**
   * v4 uses the types of the current release: the tests call methods that both have; this interface names the
   * differences.
   */
  readonly OpenAI: typeof OpenAI
  /** The object with `parse`, `stream` and `runTools`. */
  chatHelpers(client: OpenAI): OpenAI['chat']['completions']
  deleteFile(client: OpenAI, id: string): Promise<unknown>
  /** The schema as a strict `response_format`; made by the SDK's zod helper if that supports zod 4. */
  toResponseFormat(name: string, schema: z.ZodObject): OpenAI.ResponseFormatJSONSchema
}

const current: Sdk = {
  name: 'openai 7',
  OpenAI,
  chatHelpers: (client) => client.chat.completions,
  deleteFile: (client, id) => client.files.delete(id),
  toResponseFormat: (name, schema) => zodResponseFormat(schema, name),
}

const v4: Sdk = {
  name: 'openai 4',
  OpenAI: OpenAIv4 as unknown as typeof OpenAI,
  chatHelpers: (client) => toV4(client).beta.chat.completions as unknown as OpenAI['chat']['completions'],
  deleteFile: (client, id) => toV4(client).files.del(id),
  toResponseFormat: (name, schema) => ({
    type: 'json_schema',
    json_schema: { name, strict: true, schema: z.toJSONSchema(schema) },
  }),
}

/** The current major version, and v4, which most older apps pin. */
export const sdks: readonly Sdk[] = [current, v4]

export interface Connection {
  readonly gateway: Gateway
  /** Calls Weir. */
  readonly client: OpenAI
}

export interface UpstreamConnection extends Connection {
  readonly upstream: ScriptedUpstream
  /** Calls the upstream directly, without Weir. */
  readonly direct: OpenAI
}

export interface SdkSurroundings {
  readonly sdk: Sdk
  readonly runtime: Runtime
  /** Shares a gateway whose only provider is the demo, by default without delays. */
  connectDemo(env?: Readonly<Record<string, string>>): Promise<Connection>
  /** Shares a gateway in front of the scripted upstream. */
  connectUpstream(options?: GatewayOptions): Promise<UpstreamConnection>
}

/** Runs every case with each SDK, on Node and in workerd. Clients do not retry unless a case enables it. */
export function describeSdks(name: string, define: (surroundings: SdkSurroundings) => void): void {
  describeOnBoth(name, (_start, { runtime, share }) => {
    describe.each(sdks)('with $name', (sdk) => {
      const connect = (url: string): OpenAI => new sdk.OpenAI({ ...clientOptions, baseURL: `${url}/v1` })
      define({
        sdk,
        runtime,
        async connectDemo(env) {
          const { gateway } = await share(() => ({
            env: { DEMO: 'true', DEMO_WORD_DELAY_MS: '0', TOKEN: gatewayToken, ...env },
          }))
          return { gateway, client: connect(gateway.url) }
        },
        async connectUpstream({ env, ...options } = {}) {
          const { gateway, upstream } = await share((scripted) => ({
            ...options,
            env: { ...toOpenAIEnv(scripted), ...env },
          }))
          return { gateway, upstream, client: connect(gateway.url), direct: connect(upstream.url) }
        },
      })
    })
  })
}

/** Collects all items of a stream in order. */
export async function collect<Item>(stream: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

const clientOptions: ClientOptions = { apiKey: gatewayToken, maxRetries: 0, timeout: 15_000 }

function toV4(client: OpenAI): OpenAIv4 {
  return client as unknown as OpenAIv4
}
