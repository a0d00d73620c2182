import type { Share } from '../../support/describe-on-both.ts'
import { type GatewayOptions, toOpenAIEnv } from '../../support/gateway.ts'
import type { ScriptedUpstream } from '../../support/scripted-upstream.ts'
import type { StartStoredGateway, StoredGateway } from '../../support/stored-gateway.ts'
import type { Script } from '../../support/upstream-exchange.ts'
import { createSessionClient, type SessionClient } from './session-client.ts'

/** The starters of a `describeOnBothStored`. */
export interface Starters {
  readonly start: StartStoredGateway
  readonly startUpstream: () => Promise<ScriptedUpstream>
}

/** A gateway with one session, in front of a provider. */
export interface OpenChat extends SessionClient {
  readonly id: string
  readonly upstream: ScriptedUpstream
  readonly gateway: StoredGateway
  /** Resolves to the messages in the next request to the provider. */
  sentMessages(): Promise<readonly object[]>
}

export async function openChat(
  { start, startUpstream }: Starters,
  script: Script,
  options: GatewayOptions = {},
): Promise<OpenChat> {
  const upstream = await startUpstream()
  const gateway = await start({ ...options, env: { ...toOpenAIEnv(upstream), ...options.env } })
  return withSession({ upstream, gateway }, script)
}

/** The same, for cases that may share a gateway. */
export async function shareChat(share: Share<StoredGateway>, script: Script): Promise<OpenChat> {
  return withSession(await share((upstream) => ({ env: toOpenAIEnv(upstream) })), script)
}

async function withSession(
  { upstream, gateway }: Pick<OpenChat, 'upstream' | 'gateway'>,
  script: Script,
): Promise<OpenChat> {
  upstream.respond(script)
  const client = createSessionClient(gateway)
  const { id } = await client.create()
  return {
    ...client,
    id,
    upstream,
    gateway,
    async sentMessages() {
      const { bodyJson } = await upstream.nextRequest()
      return (bodyJson as { readonly messages: readonly object[] }).messages
    },
  }
}
