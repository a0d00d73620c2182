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

/** Who pays, and whom to tell when it is over. */
export interface AdmissionParty extends Pick<Call, 'trace' | 'defer' | 'credentials'> {
  readonly caller: Caller
}

/**
 * Sets aside what the call may cost at most, in one step with all limits, and leaves a durable record that it is open. The record is closed
 * when the call's trace is, whatever way that happens. Undefined where nothing is metered.
 * Rejects with GatewayError `rate_limit_exceeded`, `insufficient_quota`, `model_unpriced`, `invalid_api_key` or `store_unavailable`.
 */
export async function admit(charge: Charge, party: AdmissionParty, ports: Ports): Promise<Admission | undefined> {
  const { metering, settings } = ports
  if (metering === undefined) return undefined
  const { request, expected } = toRequest(charge, party, { metering, ports })
  checkPriced(request, party.caller, settings)
  party.trace.add({ keyId: request.keyId })
  const result = await admitOrPass(request, party.caller, { metering, ports })
  const headers = { 'x-generation-id': request.id }
  if (result === undefined) return { headers, expected }
  switch (result.kind) {
    case 'inactive':
      // What this process remembers of the key is old.
      ports.keys?.cache.clear()
      throw invalidKey(party.credentials.token ?? '', ports)
    case 'refused':
      throw toLimitError(result)
    case 'admitted':
      settleAtEnd(party, { id: request.id, place: result.place }, { expected, metering, ports })
      if (result.wouldRefuse.length > 0) party.trace.add({ wouldRefuse: result.wouldRefuse.map(({ limit }) => limit) })
      return { headers: { ...headers, ...toLimitHeaders(result.standings) }, expected }
  }
}

interface AdmissionPorts {
  readonly metering: Metering
  readonly ports: Ports
}

/** Undefined where the books cannot be written and the operator lets calls without a budget pass all the same. */
async function admitOrPass(
  request: AdmissionRequest,
  caller: Caller,
  { metering, ports }: AdmissionPorts,
): Promise<AdmissionResult | undefined> {
  try {
    return await metering.ledger.admit(request)
  } catch (error) {
    if (ports.settings.metering.onStoreFailure === 'refuse' || hasBudget(caller)) throw error
    return undefined
  }
}

interface Plan {
  readonly request: AdmissionRequest
  readonly expected: Expectation
}

function toRequest(charge: Charge, { caller, trace }: AdmissionParty, { metering, ports }: AdmissionPorts): Plan {
  const { operation, provider, model, isStream, isFree, endUser, tags, inputTokens, media } = charge
  const price = metering.prices.find(provider, model)
  const outputTokens = boundOutput(charge, price, caller.key?.key.defaultMaxTokens ?? defaultOf(ports.settings))
  const worst = toWorst(charge, price, outputTokens)
  const now = ports.clock.now()
  return {
    request: {
      id: `gen_${now.toString(16).padStart(12, '0')}${ports.secrets.randomHex(10)}`,
      requestId: trace.requestId,
      attempt: 1,
      ...{ keyId: caller.keyId, familyId: caller.key?.key.rootId },
      ...{ endUser, operation, provider, model, isStream, tags },
      tokens: worst.tokens,
      reservedNano: isFree ? 0 : worst.nano,
      isPriced: isFree || price !== undefined,
      now,
    },
    expected: { price, inputTokens, outputTokens: outputTokens * charge.choices, media, isFree },
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
    const settled = metering.ledger.settle(toSettlement(open, record, { ...cost, now: ports.clock.now() }))
    // A settlement that failed for good leaves the call to the sweeper.
    defer(settled.catch(() => false))
    return { generationId: open.id, costNano: cost.costNano, costSource: cost.costSource }
  })
}
