import { createHash } from 'node:crypto'
import type { ApiKey, KeySecret } from '../../src/storage/key-store.ts'
import type { LedgerRecord } from '../../src/storage/ledger/ledger.ts'

const dayMs = 86_400_000
const days = 30
const models = 20
const teams = 50
/** The first 100 keys have many end users, like a page with a login; a third of the others have a few. */
const usersOfBusyKey = 200

/** The first of 30 days. */
export const firstDay = Date.UTC(2026, 9, 24)
export const range = { from: '2026-10-24', to: '2026-11-22' }

/**
 * Keys and records distributed as in a large installation: a few keys and a few models account for most calls (Zipf).
 */
export interface LedgerGenerator {
  key(index: number): ApiKey
  secret(index: number): KeySecret
  /** Picks a key as calls are distributed: a few keys make most of them. */
  pickKey(): number
  /** Returns record `index` of `total`, in order of time. */
  record(index: number, total: number): LedgerRecord
}

export function createLedgerGenerator(keys: number): LedgerGenerator {
  const random = createRandom(4)
  const pickKey = createZipf(keys, random)
  const pickModel = createZipf(models, random)
  // A program mostly requests one model.
  const favourites = Uint8Array.from({ length: keys }, pickModel)
  return {
    key: toKey,
    pickKey,
    secret(index) {
      const hash = toHash(index)
      return { hash, hint: `sk-weir-${hash.slice(0, 4)}…${hash.slice(-4)}`, createdAt: firstDay, expiresAt: undefined }
    },
    record(index, total) {
      const settledAt = firstDay + Math.floor(((days * dayMs) / total) * index)
      const durationMs = 300 + Math.floor(random() * 9_000)
      const openedAt = settledAt - durationMs
      const key = pickKey()
      const model = random() < 0.8 ? (favourites[key] ?? 0) : pickModel()
      const ending = random() < 0.02 ? failure : toSuccess(random)
      return {
        id: `gen_${openedAt.toString(16).padStart(12, '0')}${toHex(random)}${toHex(random)}${toHex(random).slice(4)}`,
        requestId: `req_${toHex(random)}${toHex(random)}${toHex(random)}`,
        attempt: 1,
        ...toCaller(key, random),
        operation: 'chat.completions',
        provider: `provider-${model % 4}`,
        model: `gpt-model-${model}-2026-08-01`,
        isStream: random() < 0.6,
        tags: random() < 0.2 ? [`team:${Math.floor(random() * teams)}`] : [],
        reservedNano: 40_960_000,
        ...ending,
        firstByteMs: Math.floor(durationMs / 4),
        durationMs,
        openedAt,
        settledAt,
        wouldRefuse: [],
      }
    },
  }
}

const failure = {
  outcome: 'upstream_error',
  usage: undefined,
  costNano: 0,
  costSource: 'none',
  status: 503,
  errorCode: 'upstream_error',
  finishReason: undefined,
} as const

function toSuccess(random: () => number) {
  const inputTokens = 50 + Math.floor(random() * 3_000)
  const outputTokens = 10 + Math.floor(random() * 900)
  return {
    outcome: 'ok',
    usage: { inputTokens, outputTokens, ...(random() < 0.3 && { cachedInputTokens: 1_024 }) },
    costNano: inputTokens * 2_500 + outputTokens * 10_000,
    costSource: 'usage',
    status: 200,
    errorCode: undefined,
    finishReason: 'stop',
  } as const
}

export function toKeyId(index: number): string {
  const known = keyIds[index]
  if (known !== undefined) return known
  const id = `key_${toHash(index).slice(0, 24)}`
  keyIds[index] = id
  return id
}
const keyIds: string[] = []

export function toHash(index: number): string {
  return createHash('sha256').update(`secret ${index}`).digest('hex')
}

function toKey(index: number): ApiKey {
  // Teams of ten: one key is the parent of the next nine.
  const root = index - (index % 10)
  return {
    id: toKeyId(index),
    parentId: root === index ? undefined : toKeyId(root),
    rootId: toKeyId(root),
    name: `Key ${index} of a team`,
    isDisabled: false,
    expiresAt: undefined,
    grants: { models: ['gpt-*'], operations: undefined, origins: undefined, ipRanges: undefined },
    limits: {
      rates: [{ unit: 'requests', window: 'minute', limit: 600 }],
      budgets: [{ per: 'month', limitNano: 100_000_000_000, timeZone: 'UTC' }],
      concurrentCalls: 20,
      concurrentStreams: undefined,
      callNano: undefined,
    },
    perUser: undefined,
    isShadow: false,
    defaultMaxTokens: undefined,
    labels: { team: `team-${root}` },
    createdAt: firstDay,
    updatedAt: firstDay,
  }
}

function toCaller(key: number, random: () => number) {
  const users = key < 100 ? usersOfBusyKey : key % 3 === 0 ? 5 : 0
  return { keyId: toKeyId(key), endUser: users === 0 ? '' : `user-${Math.floor(random() * users)}@example.com` }
}

function toHex(random: () => number): string {
  return Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
}

/** Returns numbers below `count`. The frequency of n is proportional to 1 / (n + 1). */
function createZipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let index = 0; index < count; index++) {
    sum += 1 / (index + 1)
    sums[index] = sum
  }
  return () => {
    const wanted = random() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Mulberry32: the same numbers in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
