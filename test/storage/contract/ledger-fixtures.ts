import { type KeyRules, type Limits, noLimits } from '../../../src/metering/limits.ts'
import type { AdmissionRequest, Settlement } from '../../../src/storage/ledger/ledger.ts'
import { noRevocations } from '../../../src/storage/revocation-store.ts'
import type { KeyChainCache } from '../../../src/storage/sql/ledger/create-key-chain-cache.ts'

/** The rules of a key, with its parent. */
export interface TestKey extends KeyRules {
  readonly parentId?: string
}

/** The real time, because a store's own clock must agree on the day. Tests of windows set the time instead. */
export const now = Date.now()

export function testKey(id: string, limits: Partial<Limits> = {}, rest: Partial<TestKey> = {}): TestKey {
  const rules = { isDisabled: false, expiresAt: undefined, perUser: undefined, isShadow: false }
  return { id, ...rules, limits: { ...noLimits, ...limits }, ...rest }
}

export function testRequest(keyId: string, changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const id = `gen_${now.toString(16).padStart(12, '0')}${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`
  const call = { requestId: id.replace('gen', 'req'), attempt: 1, keyId, endUser: '', operation: 'chat.completions' }
  const target = { provider: 'openai', model: 'gpt-4o-mini', isStream: false, tags: [] }
  return { id, ...call, ...target, tokens: 100, reservedNano: 1_000, isPriced: true, now, ...changes }
}

export function testSettlement(id: string, changes: Partial<Settlement> = {}): Settlement {
  const usage = { inputTokens: 20, outputTokens: 10 }
  const cost = { costNano: 300, costSource: 'usage' } as const
  return { id, outcome: 'ok', usage, ...cost, status: 200, durationMs: 12, now, ...changes }
}

/** Rules of keys whose tokens are never revoked. */
export function withoutRevocations(chain: KeyChainCache['chain']): KeyChainCache {
  return { chain, revocations: () => noRevocations }
}
