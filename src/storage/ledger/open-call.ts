import type { Counted } from '../../metering/counters.ts'
import type { AdmissionRequest, Settlement } from './ledger.ts'

/** A key or an end user for which a call was counted. */
export interface OpenSubject {
  readonly name: string
  /** `latest` of the subject's counters when the call was reserved, in milliseconds since 1970. */
  readonly takenAt: number
  readonly counted: Counted
}

/** An admitted call that is not settled, with the data that its settlement or a replay of its admission needs. */
export interface OpenCall {
  readonly request: AdmissionRequest
  readonly subjects: readonly OpenSubject[]
  /** Names of the shadow limits that would have refused the call. */
  readonly wouldRefuse: readonly string[]
}

/**
 * The JSON of an open call. It omits the id and the time, which have their own columns, and default values: SQLite
 * writes every byte twice, to the log and to the file.
 */
interface OpenCallJson {
  /** Format version. Readers ignore unknown fields, so a new field does not need a new version. */
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
  readonly route?: string | undefined
  readonly tokens: number
  readonly reservedNano: number
  /** True by default. */
  readonly isPriced?: boolean | undefined
  /** Names of the subjects, with `takenAt` if it differs from the time of the call. */
  readonly subjects: readonly (string | readonly [name: string, takenAt: number])[]
  readonly wouldRefuse?: readonly string[] | undefined
}

/** The format of the first release: a tuple without field names or version. */
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
  const { requestId, attempt, keyId, endUser, operation, provider, model, isStream, tags, route } = request
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
    route,
    tokens,
    reservedNano,
    isPriced: isPriced ? undefined : false,
    subjects: names ?? [],
    wouldRefuse: wouldRefuse.length === 0 ? undefined : wouldRefuse,
  }
  return JSON.stringify(json)
}

/**
 * Parses an open call that this release, the previous one or a newer one wrote; a newer one may lack any field.
 * `counted` holds the counted limits of each subject, for a ledger that replays admissions.
 */
export function parseOpenCall(
  id: string,
  openedAt: number,
  detail: string,
  counted: readonly Counted[] = [],
): OpenCall {
  const json = JSON.parse(detail) as Partial<OpenCallJson> | OpenCallTuple
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
      route: request.route,
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

/** Serialises a settlement as JSON, without its id, which has its own column. */
export function stringifySettlement(settlement: Settlement): string {
  const { outcome, usage, costNano, costSource, answerTokens, status, errorCode, failure } = settlement
  const { finishReason, firstByteMs, durationMs, now } = settlement
  return JSON.stringify({
    v: 1,
    outcome,
    usage,
    costNano,
    costSource,
    answerTokens,
    status,
    errorCode,
    failure,
    finishReason,
    firstByteMs,
    durationMs,
    now,
  })
}

/** Parses a settlement that this release or a newer one wrote. */
export function parseSettlement(id: string, settlement: string): Settlement {
  // The cast is safe because only `stringifySettlement` writes this JSON.
  const json = JSON.parse(settlement) as Omit<Settlement, 'id'>
  return {
    id,
    outcome: json.outcome,
    usage: json.usage,
    costNano: json.costNano,
    costSource: json.costSource,
    answerTokens: json.answerTokens,
    status: json.status,
    errorCode: json.errorCode,
    failure: json.failure,
    finishReason: json.finishReason,
    firstByteMs: json.firstByteMs,
    durationMs: json.durationMs,
    now: json.now,
  }
}

/** Includes the provider, because models with the same name at two providers differ in their replies. */
export function modelOf({ provider, model }: Pick<AdmissionRequest, 'provider' | 'model'>): string {
  return `${provider}/${model}`
}

/**
 * Appends to a list that is created with its first item, usually its only one. V8 allocates room for 17 when `[]`
 * grows.
 */
export function append<Item>(list: Item[] | undefined, item: Item): Item[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}
