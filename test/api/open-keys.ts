import { createKeyAdmin, type KeyAdmin } from '../../src/admin/keys/key-admin.ts'
import type { KeyObjectWithSecret } from '../../src/admin/keys/key-object.ts'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { createKeys } from '../../src/pipeline/access/key-cache.ts'
import { nodeClock } from '../../src/platform/node/node-clock.ts'
import { nodeSecrets } from '../../src/platform/node/node-secrets.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from '../../src/storage/sql/keys/create-sql-revocation-store.ts'
import type { Sql, SqlRow } from '../../src/storage/sql/sql.ts'
import { ask, type Question } from '../support/ask.ts'
import type { Share } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { type GatewayOptions, toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import type { StartStoredGateway, StoredGateway } from '../support/stored-gateway.ts'
import { json } from '../support/upstream-scripts.ts'

export const chat: Question = { target: '/v1/chat/completions', body: chatRequest }

/** Options of a request with a key in place of TOKEN. */
export const withKey = (secret: string | null | undefined, headers: Readonly<Record<string, string>> = {}) => ({
  token: false,
  headers: { authorization: `Bearer ${secret}`, ...headers },
})

/** A gateway with keys. */
export interface OpenKeys {
  readonly upstream: ScriptedUpstream
  readonly gateway: StoredGateway
  readonly keys: KeyAdmin
  create(fields?: object): Promise<KeyObjectWithSecret>
  call(key: KeyObjectWithSecret, request?: Question, headers?: Readonly<Record<string, string>>): Promise<RawResponse>
}

/** Starts a gateway with TOKEN in front of an OpenAI that answers every chat. */
export async function openKeys(
  { start, startUpstream }: { start: StartStoredGateway; startUpstream: () => Promise<ScriptedUpstream> },
  options: GatewayOptions = {},
): Promise<OpenKeys> {
  const upstream = await startUpstream()
  return withKeys({ upstream, gateway: await start(toKeysOptions(upstream, options)) })
}

/** The same, for cases that may share one. */
export async function shareKeys(share: Share<StoredGateway>, options: GatewayOptions = {}): Promise<OpenKeys> {
  return withKeys(await share((upstream) => toKeysOptions(upstream, options)))
}

function toKeysOptions(upstream: ScriptedUpstream, options: GatewayOptions): GatewayOptions {
  return { ...options, env: { ...toOpenAIEnv(upstream), ...options.env } }
}

function withKeys({ upstream, gateway }: Pick<OpenKeys, 'upstream' | 'gateway'>): OpenKeys {
  upstream.respond(json(200, chatCompletion))
  const keys = keysOf(gateway)
  return {
    upstream,
    gateway,
    keys,
    create: (fields = {}) => keys.create({ name: 'x', ...fields }),
    call: (key, request = chat, headers = {}) => ask(gateway, { ...request, ...withKey(key.secret, headers) }),
  }
}

/** Opens key administration that bypasses the gateway, which sees changes like those of another process. */
function keysOf(gateway: StoredGateway): KeyAdmin {
  const store = createSqlKeyStore(toSql(gateway))
  const revocations = createSqlRevocationStore(toSql(gateway))
  const keys = createKeys({ keys: store, revocations }, nodeClock, { freshMs: 0, unknownMs: 0 })
  const settings = parseSettings({ env: {}, platform: 'node' })
  return createKeyAdmin({ keys, clock: nodeClock, secrets: nodeSecrets, settings }, async () => {})
}

/** Runs a batch as single statements, because no other writer is active. */
function toSql(gateway: StoredGateway): Sql {
  return {
    all: (text, params) => gateway.sql(text, ...params),
    async run(text, params) {
      return (await gateway.sql(text, ...params)).length
    },
    async batch(statements) {
      const results: (readonly SqlRow[])[] = []
      for (const { text, params } of statements) results.push(await gateway.sql(text, ...params))
      return results
    },
  }
}
