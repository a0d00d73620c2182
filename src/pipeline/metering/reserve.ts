import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import { limitName } from '../../metering/limit-status.ts'
import type { Limits } from '../../metering/limits.ts'
import type { AdmissionRequest, AdmissionResult } from '../../storage/ledger/ledger.ts'
import { invalidKey } from '../access/authenticate.ts'
import type { Attempt, AttemptCost, Estimate, Reservation } from '../call/attempt.ts'
import type { Call, Caller } from '../call/call.ts'
import type { Metering, Ports } from '../call/ports.ts'
import { toLimitError } from './limit-error.ts'
import { toLimitHeaders } from './limit-headers.ts'
import { priceAttempt } from './price-attempt.ts'

/** The parts of a call that a reservation needs; a passthrough request has them too. */
type PayingCall = Pick<Call, 'trace' | 'defer' | 'credentials'>

/** Where metering is off. */
const unmetered: Reservation = { headers: {}, settle: () => undefined }

/**
 * Reserves the worst case of an attempt, in one step with all limits, and leaves a durable record that it is open. The first attempt of a
 * call has the number 1; later ones count as no further request.
 * Rejects with GatewayError `rate_limit_exceeded`, `insufficient_quota`, `model_unpriced`, `invalid_api_key` or `store_unavailable`.
 */
export async function reserve(
  estimate: Estimate,
  attemptNumber: number,
  call: PayingCall,
  caller: Caller,
  ports: Ports,
): Promise<Reservation> {
  const { metering, settings, clock, secrets } = ports
  if (metering === undefined) return unmetered
  checkPriced(estimate, caller, settings)
  const { trace, credentials } = call
  const now = clock.now()
  const request: AdmissionRequest = {
    id: toTimeOrderedId('gen', now, secrets.randomHex(10)),
    requestId: trace.requestId,
    attempt: attemptNumber,
    keyId: caller.keyId,
    familyId: caller.key?.key.rootId,
    endUser: estimate.endUser,
    operation: estimate.operation,
    provider: estimate.provider,
    model: estimate.model,
    isStream: estimate.isStream,
    tags: estimate.tags,
    tokens: estimate.reservedTokens,
    reservedNano: estimate.reservedNano,
    isPriced: estimate.isFree || estimate.price !== undefined,
    now,
  }
  trace.add({ keyId: caller.keyId })
  let result: AdmissionResult
  try {
    result = await metering.ledger.admit(request)
  } catch (error) {
    // The operator may let calls without a budget pass while the ledger cannot be written.
    if (settings.metering.onStoreFailure === 'refuse' || hasBudget(caller)) throw error
    return { ...unmetered, headers: { 'x-generation-id': request.id } }
  }
  switch (result.kind) {
    case 'inactive':
      // The key cache of this process is stale.
      ports.keys?.cache.clear()
      throw invalidKey(credentials.token ?? '', ports)
    case 'refused':
      throw toLimitError(result)
    case 'admitted':
      if (result.wouldRefuse.length > 0) trace.add({ wouldRefuse: result.wouldRefuse.map(limitName) })
      return new OpenReservation(request.id, result, call, metering, ports)
  }
}

/** A class, since every metered call makes one. */
class OpenReservation implements Reservation {
  readonly headers: Readonly<Record<string, string>>
  readonly #id: string
  readonly #shard: string | undefined
  readonly #ledger: Metering['ledger']
  readonly #clock: Ports['clock']
  #isSettled = false
  #tellBooked: (() => void) | undefined = undefined

  constructor(
    id: string,
    { rates, shard }: Extract<AdmissionResult, { kind: 'admitted' }>,
    { defer }: PayingCall,
    { ledger }: Metering,
    { clock }: Ports,
  ) {
    this.headers = toLimitHeaders(rates, { 'x-generation-id': id })
    this.#id = id
    this.#shard = shard
    this.#ledger = ledger
    this.#clock = clock
    // From here on, so that a Worker runs, and a server that stops waits, until the attempt is booked.
    defer(
      new Promise<void>((resolve) => {
        this.#tellBooked = resolve
      }),
    )
  }

  settle(attempt: Attempt): AttemptCost | undefined {
    if (this.#isSettled) return undefined
    this.#isSettled = true
    attempt.generationId = this.#id
    const cost = priceAttempt(attempt, attempt.estimate)
    const settled = this.#ledger.settle({
      id: this.#id,
      shard: this.#shard,
      outcome: attempt.outcome,
      usage: cost.usage,
      costNano: cost.costNano,
      costSource: cost.costSource,
      status: attempt.status,
      errorCode: attempt.errorCode,
      finishReason: attempt.finishReason,
      firstByteMs: attempt.firstByteMs === undefined ? undefined : Math.round(attempt.firstByteMs),
      durationMs: Math.round(attempt.durationMs),
      now: this.#clock.now(),
    })
    // A settlement that fails for good is left to the sweeper.
    settled.then(this.#tellBooked, this.#tellBooked)
    return cost
  }
}

/** R54: a model without a known price must not look free. Throws GatewayError `model_unpriced` where the operator wants that. */
function checkPriced({ isFree, price, provider, model }: Estimate, caller: Caller, { metering }: Settings): void {
  if (isFree || price !== undefined || metering.unpriced === 'allow') return
  if (metering.unpriced === 'block_budgeted' && !hasBudget(caller)) return
  throw new GatewayError(
    'model_unpriced',
    `The price of \`${`${provider}/${model}`.slice(0, 200)}\` is not known here, so that no budget could hold. Its operator can name one under \`prices\` in the configuration.`,
    { param: 'model' },
  )
}

/** True where money is limited for this caller, by its key or by one above it. */
function hasBudget({ key }: Caller): boolean {
  if (key === undefined) return false
  return [key.key, ...key.ancestors].some(({ limits, perUser }) => limitsMoney(limits) || limitsMoney(perUser))
}

function limitsMoney(limits: Limits | undefined): boolean {
  return limits !== undefined && (limits.budgets.length > 0 || limits.callNano !== undefined)
}
