import type { Counted } from '../../metering/counters.ts'
import type { AdmissionRequest, Settlement } from './ledger.ts'

/** A key or an end user that a call was counted for. */
export interface OpenSubject {
  readonly name: string
  /** `latest` of its counters when the call was reserved. */
  readonly takenAt: number
  readonly counted: Counted
}

/** A call that was admitted and is not settled: all that its settlement, or a replay of its admission, needs. */
export interface OpenCall {
  readonly request: AdmissionRequest
  readonly subjects: readonly OpenSubject[]
  /** Shadow refusals, as names of limits. */
  readonly wouldRefuse: readonly string[]
}

/**
 * The JSON of an open call, without its id and its time, which have columns, and without what is empty or usual: every
 * byte is written twice, to the log and to the file.
 */
interface OpenCallJson {
  /** The version of this format. Readers take the fields that they know, so a new field needs no new version. */
  readonly v: 1
  readonly requestId: string
  /** 1 by default. */
  readonly attempt?: number | undefined
  readonly keyId: string
  readonly endUser?: string | undefined
  readonly operation: string
  readonly provider: string
  readonly model: string
  readonly isStream?: boolean | undefined
  readonly tags?: readonly string[] | undefined
  readonly tokens: number
  readonly reservedNano: number
  /** True by default. */
  readonly isPriced?: boolean | undefined
  /** The names of the subjects; with `takenAt` where that is not the time of the call. */
  readonly subjects: readonly (string | readonly [name: string, takenAt: number])[]
  readonly wouldRefuse?: readonly string[] | undefined
}

/** The same without names or a version, as the first release wrote it. */
type OpenCallTuple = readonly [
  requestId: string,
  attempt: number,
  keyId: string,
  endUser: string,
  operation: string,
  provider: string,
  model: string,
  isStream: boolean,
  tags: readonly string[],
  tokens: number,
  reservedNano: number,
  isPriced: boolean,
  subjects: readonly (readonly [name: string, takenAt: number])[],
  wouldRefuse: readonly string[],
]

export function stringifyOpenCall({ request, subjects, wouldRefuse }: OpenCall): string {
  const { requestId, attempt, keyId, endUser, operation, provider, model, isStream, tags } = request
  const { tokens, reservedNano, isPriced, now } = request
  let names: (string | readonly [string, number])[] | undefined
  for (const { name, takenAt } of subjects) names = append(names, takenAt === now ? name : [name, takenAt])
  const json: OpenCallJson = {
    v: 1,
    requestId,
    attempt: attempt === 1 ? undefined : attempt,
    keyId,
    endUser: endUser === '' ? undefined : endUser,
    operation,
    provider,
    model,
    isStream: isStream || undefined,
    tags: tags.length === 0 ? undefined : tags,
    tokens,
    reservedNano,
    isPriced: isPriced ? undefined : false,
    subjects: names ?? [],
    wouldRefuse: wouldRefuse.length === 0 ? undefined : wouldRefuse,
  }
  return JSON.stringify(json)
}

/**
 * Reads an open call of this release, of the one before, or of a newer one, which may lack any field. `counted` is that
 * of its subjects, for a ledger that replays admissions.
 */
export function parseOpenCall(id: string, openedAt: number, text: string, counted: readonly Counted[] = []): OpenCall {
  const json = JSON.parse(text) as Partial<OpenCallJson> | OpenCallTuple
  const { subjects = [], wouldRefuse = [], ...request } = isTuple(json) ? fromTuple(json) : json
  return {
    request: {
      id,
      requestId: request.requestId ?? '',
      attempt: request.attempt ?? 1,
      keyId: request.keyId ?? '',
      endUser: request.endUser ?? '',
      operation: request.operation ?? '',
      provider: request.provider ?? '',
      model: request.model ?? '',
      isStream: request.isStream ?? false,
      tags: request.tags ?? [],
      tokens: request.tokens ?? 0,
      reservedNano: request.reservedNano ?? 0,
      isPriced: request.isPriced ?? true,
      now: openedAt,
    },
    subjects: subjects.map((subject, at) => {
      const [name, takenAt] = typeof subject === 'string' ? [subject, openedAt] : subject
      return { name, takenAt, counted: counted[at] ?? [] }
    }),
    wouldRefuse,
  }
}

function isTuple(json: Partial<OpenCallJson> | OpenCallTuple): json is OpenCallTuple {
  return Array.isArray(json)
}

function fromTuple(tuple: OpenCallTuple): Omit<OpenCallJson, 'v'> {
  const [requestId, attempt, keyId, endUser, operation, provider, model, isStream, tags, tokens, ...rest] = tuple
  const [reservedNano, isPriced, subjects, wouldRefuse] = rest
  return {
    requestId,
    attempt,
    keyId,
    endUser,
    operation,
    provider,
    model,
    isStream,
    tags,
    tokens,
    reservedNano,
    isPriced,
    subjects,
    wouldRefuse,
  }
}

/** The JSON of a settlement, without its id, which has a column. */
export function stringifySettlement(settlement: Settlement): string {
  const { outcome, usage, costNano, costSource, answerTokens, status, errorCode, finishReason } = settlement
  const { firstByteMs, durationMs, now } = settlement
  return JSON.stringify({
    v: 1,
    outcome,
    usage,
    costNano,
    costSource,
    answerTokens,
    status,
    errorCode,
    finishReason,
    firstByteMs,
    durationMs,
    now,
  })
}

/** Reads a settlement of this release or of a newer one. */
export function parseSettlement(id: string, text: string): Settlement {
  // The cast holds as only `stringifySettlement` writes this text.
  const json = JSON.parse(text) as Omit<Settlement, 'id'>
  return {
    id,
    outcome: json.outcome,
    usage: json.usage,
    costNano: json.costNano,
    costSource: json.costSource,
    answerTokens: json.answerTokens,
    status: json.status,
    errorCode: json.errorCode,
    finishReason: json.finishReason,
    firstByteMs: json.firstByteMs,
    durationMs: json.durationMs,
    now: json.now,
  }
}

/** Models of one name at two providers write answers of their own. */
export function modelOf({ provider, model }: Pick<AdmissionRequest, 'provider' | 'model'>): string {
  return `${provider}/${model}`
}

/** Adds to a list that is made for its first item, usually the only one: `[]` makes room for 17 when it grows. */
export function append<Item>(list: Item[] | undefined, item: Item): Item[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}
