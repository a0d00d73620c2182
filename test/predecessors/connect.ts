import { ask } from '../support/ask.ts'
import { type GatewayOptions, type StartGateway, toOpenAIEnv } from '../support/gateway.ts'
import type { RawAnswer } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import type { Script } from '../support/upstream-exchange.ts'

/** What starts gateways and upstreams in a `describeOnBoth`. */
export interface Starters {
  readonly start: StartGateway
  readonly startUpstream: () => Promise<ScriptedUpstream>
}

/** One request that reached the upstream, and the answer that came back for it. */
export interface Exchange {
  readonly answer: RawAnswer
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly bodyText: string
}

export interface Predecessor {
  readonly upstream: ScriptedUpstream
  /** Posts a body as the old front ends did, and reads the answer. Text goes as it stands. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>
  /** The same where the call is to reach the upstream. */
  exchange(path: string, body: unknown): Promise<Exchange>
}

/** A Weir in the old proxy's place, with its one provider behind it. */
export async function connect(
  { start, startUpstream }: Starters,
  script: Script,
  options: GatewayOptions = {},
): Promise<Predecessor> {
  const upstream = await startUpstream()
  upstream.respond(script)
  // Their models are gone by now; test/api/retired-models.test.ts shows the successors.
  const env = { ...toOpenAIEnv(upstream), MODELS_RETIRED: 'off', ...options.env }
  const gateway = await start({ ...options, env })
  const post: Predecessor['post'] = (target, body, headers = {}) => ask(gateway, { target, body, headers })
  return {
    upstream,
    post,
    async exchange(path, body) {
      const answer = await post(path, body)
      const { target, headers, bodyText, bodyJson } = await upstream.nextRequest()
      return { answer, path: target, headers, bodyText, body: bodyJson as Exchange['body'] }
    },
  }
}
