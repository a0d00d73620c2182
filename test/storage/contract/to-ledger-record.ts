import type { LedgerRecord } from '../../../src/storage/ledger/ledger.ts'

/** 2026-11-22, midnight UTC. */
export const midnight = Date.UTC(2026, 10, 22)

/** Creates the record of a typical call, the `number`th of the day, with overrides. */
export function toLedgerRecord(number: number, rest: Partial<LedgerRecord> = {}): LedgerRecord {
  const settledAt = rest.settledAt ?? midnight + number * 1_000
  return {
    id: `gen_${settledAt.toString(16).padStart(12, '0')}${String(number).padStart(20, '0')}`,
    requestId: `req_${number}`,
    attempt: 1,
    keyId: 'key_a',
    endUser: '',
    operation: 'chat.completions',
    provider: 'openai',
    model: 'gpt-4o',
    isStream: false,
    tags: [],
    reservedNano: 5_000,
    outcome: 'ok',
    usage: { inputTokens: 10, outputTokens: 20 },
    costNano: 1_000,
    costSource: 'usage',
    status: 200,
    errorCode: undefined,
    finishReason: 'stop',
    firstByteMs: 40,
    durationMs: 900,
    openedAt: settledAt - 900,
    settledAt,
    wouldRefuse: [],
    ...rest,
  }
}
