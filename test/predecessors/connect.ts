import { ask } from '../support/ask.ts'
import type { Share } from '../support/describe-on-both.ts'
import { type GatewayOptions, toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import type { Script } from '../support/upstream-exchange.ts'

/** One request that reached the upstream, and its response. */
export interface Exchange {
  readonly response: RawResponse
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly bodyText: string
}

export interface Predecessor {
  readonly upstream: ScriptedUpstream
  /** Posts a body like the old front ends and reads the response. A string is sent unchanged. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<RawResponse>
  /** Posts a body that must reach the upstream. */
  exchange(path: string, body: unknown): Promise<Exchange>
}

/** Shares Weir in place of the old proxy, with one provider. */
export async function connect(share: Share, script: Script, options: GatewayOptions = {}): Promise<Predecessor> {
  const { upstream, gateway } = await share((scripted) => ({
    ...options,
    // The default models are retired; test/api/retired-models.test.ts covers their successors.
    env: { ...toOpenAIEnv(scripted), MODELS_RETIRED: 'off', ...options.env },
  }))
  upstream.respond(script)
  const post: Predecessor['post'] = (target, body, headers = {}) => ask(gateway, { target, body, headers })
  return {
    upstream,
    post,
    async exchange(path, body) {
      const response = await post(path, body)
      const { target, headers, bodyText, bodyJson } = await upstream.nextRequest()
      return { response, path: target, headers, bodyText, body: bodyJson as Exchange['body'] }
    },
  }
}
