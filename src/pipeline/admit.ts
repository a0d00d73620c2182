import type { Settings } from '../config/settings.ts'
import type { Price } from '../metering/price.ts'
import { type WorstCase, worstCase } from '../metering/worst-case.ts'
import type { AdmissionRequest, AdmissionResult, Settlement } from '../storage/ledger.ts'
import type { Caller } from './authenticate.ts'
import type { Call } from './call.ts'
import { checkPriced } from './check-priced.ts'
import { hasBudget } from './has-budget.ts'
import { invalidKey } from './invalid-key.ts'
import { toLimitHeaders } from './limit-headers.ts'
import type { Metering } from './metering.ts'
import type { Ports } from './ports.ts'
import { type Expectation, priceCall } from './price-call.ts'
import type { Charge } from './to-charge.ts'
import { toLimitError } from './to-limit-error.ts'
import { toSettlement } from './to-settlement.ts'

/** A call that may go out. */
export interface Admission {
  /** Of every answer: the generation's id and how the limits stand. */
  readonly headers: Readonly<Record<string, string>>
  readonly expected: Expectation
}

/** What is expected of all choices together, and the most that each may put out. */
interface ChoiceBounds extends Expectation {
  readonly perChoice: number
}

/** Who pays, and whom to tell when it is over. */
export interface AdmissionParty extends Pick<Call, 'trace' | 'defer' | 'credentials'> {
  readonly caller: Caller
}

/**
 * Sets aside what the call may cost at most, in one step with all limits, and leaves a durable record that it is open. The record is closed
 * when the call's trace is, whatever way that happens. Undefined where nothing is metered.
 * Rejects with GatewayError `rate_limit_exceeded`, `insufficient_quota`, `model_unpriced`, `invalid_api_key` or `store_unavailable`.
 */
export function admit(charge: Charge, party: AdmissionParty, ports: Ports): Promise<Admission> | undefined {
  return ports.metering === undefined ? undefined : admitMetered(charge, party, { metering: ports.metering, ports })
}

interface AdmissionPorts {
  readonly metering: Metering
  readonly ports: Ports
}

async function admitMetered(
  charge: Charge,
  party: AdmissionParty,
  { metering, ports }: AdmissionPorts,
): Promise<Admission> {
  const { caller, trace } = party
  const expected = toExpectation(charge, caller, { metering, ports })
  const request = toRequest(charge, party, { expected, ports })
  checkPriced(request, caller, ports.settings)
  trace.add({ keyId: request.keyId })
  const headers: Record<string, string> = { 'x-generation-id': request.id }
  let result: AdmissionResult
  try {
    result = await metering.ledger.admit(request)
  } catch (error) {
    if (!mayPassUnbooked(caller, ports)) throw error
    return { headers, expected }
  }
  switch (result.kind) {
    case 'inactive':
      // What this process remembers of the key is old.
      ports.keys?.cache.clear()
      throw invalidKey(party.credentials.token ?? '', ports)
    case 'refused':
      throw toLimitError(result)
    case 'admitted':
      settleAtEnd(party, { id: request.id, place: result.place }, { expected, metering, ports })
      if (result.wouldRefuse.length > 0) trace.add({ wouldRefuse: result.wouldRefuse.map(({ limit }) => limit) })
      return { headers: toLimitHeaders(result.standings, headers), expected }
  }
}

/** Where the books cannot be written, the operator may let calls without a budget pass all the same. */
function mayPassUnbooked(caller: Caller, { settings }: Ports): boolean {
  return settings.metering.onStoreFailure !== 'refuse' && !hasBudget(caller)
}

function toExpectation(charge: Charge, { key }: Caller, { metering, ports }: AdmissionPorts): ChoiceBounds {
  const { provider, model, inputTokens, choices, media, isFree } = charge
  const price = metering.prices.find(provider, model)
  const perChoice = boundOutput(charge, price, key?.key.defaultMaxTokens ?? defaultOf(ports.settings))
  return { price, inputTokens, outputTokens: perChoice * choices, perChoice, media, isFree }
}

function toRequest(
  charge: Charge,
  { caller, trace }: AdmissionParty,
  { expected, ports }: { readonly expected: ChoiceBounds; readonly ports: Ports },
): AdmissionRequest {
  const { price, perChoice, isFree } = expected
  const worst = toWorst(charge, price, perChoice)
  const now = ports.clock.now()
  return {
    id: `gen_${now.toString(16).padStart(12, '0')}${ports.secrets.randomHex(10)}`,
    requestId: trace.requestId,
    attempt: 1,
    keyId: caller.keyId,
    familyId: caller.key?.key.rootId,
    endUser: charge.endUser,
    operation: charge.operation,
    provider: charge.provider,
    model: charge.model,
    isStream: charge.isStream,
    tags: charge.tags,
    tokens: worst.tokens,
    reservedNano: isFree ? 0 : worst.nano,
    isPriced: isFree || price !== undefined,
    now,
  }
}

function defaultOf({ metering }: Settings): number {
  return metering.defaultMaxTokens
}

/** Of one choice. */
function boundOutput({ maxOutputTokens }: Charge, price: Price | undefined, otherwise: number): number {
  return Math.min(maxOutputTokens ?? otherwise, price?.maxOutputTokens ?? Number.POSITIVE_INFINITY)
}

function toWorst(charge: Charge, price: Price | undefined, maxOutputTokens: number): WorstCase {
  const { inputTokens, choices, media, seconds } = charge
  if (price === undefined) return { tokens: inputTokens + maxOutputTokens * choices, nano: 0 }
  return worstCase({ price, inputTokens, maxOutputTokens, choices, media, seconds })
}

function settleAtEnd(
  { trace, defer }: AdmissionParty,
  open: Pick<Settlement, 'id' | 'place'>,
  { expected, metering, ports }: AdmissionPorts & { readonly expected: Expectation },
): void {
  trace.onFinish((record) => {
    const cost = priceCall(record, expected)
    const settled = metering.ledger.settle(toSettlement(open, record, { cost, now: ports.clock.now() }))
    defer(settled.catch(leaveToSweeper))
    return { generationId: open.id, costNano: cost.costNano, costSource: cost.costSource }
  })
}

/** What becomes of a settlement that failed for good. */
function leaveToSweeper(): boolean {
  return false
}
