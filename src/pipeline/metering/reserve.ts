import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import { isMoney, limitName, remainingOf } from '../../metering/limit-status.ts'
import { maxLengthWithin, worstCase } from '../../metering/worst-case.ts'
import type { AdmissionRequest, AdmissionResult } from '../../storage/ledger/ledger.ts'
import { invalidKey } from '../access/authenticate.ts'
import { tokenRevoked } from '../access/user-caller.ts'
import type { Attempt, AttemptCost, Estimate, OutputPlan, Reservation } from '../call/attempt.ts'
import type { Call, Caller } from '../call/call.ts'
import type { Metering, Ports } from '../call/ports.ts'
import { requireMetering } from '../call/require-ports.ts'
import { hasBudget } from './has-budget.ts'
import { isOfUser, toLimitError } from './limit-error.ts'
import { toLimitHeaders } from './limit-headers.ts'
import { toFittingHint } from './plan-output.ts'
import { priceAttempt } from './price-attempt.ts'

/** The parts of a call that a reservation needs; a passthrough request has them too. */
type PayingCall = Pick<Call, 'trace' | 'defer' | 'credentials'>

/** The reservation when metering is off. */
const unmetered: Reservation = { headers: {}, settle: () => undefined }

/**
 * Reserves the worst case of an attempt in all limits at once, and writes a durable record that it is open. If a budget
 * cannot cover the worst case, reserves what the budget can pay, and lowers the output limit to match. The first attempt
 * of a call has the number 1; later attempts do not count as further requests.
 * Rejects with GatewayError `rate_limit_exceeded`, `insufficient_quota`, `model_unpriced`, `invalid_api_key`,
 * `token_revoked`, `store_unavailable`, or `storage_not_configured` for a user token without metering.
 */
export async function reserve(
  estimate: Estimate,
  attemptNumber: number,
  call: PayingCall,
  caller: Caller,
  ports: Ports,
): Promise<Reservation> {
  const { metering, settings, clock, secrets } = ports
  if (metering === undefined) {
    // Its limits are all that bounds a token in a page.
    if (caller.userToken !== undefined) requireMetering(ports)
    return unmetered
  }
  checkPriced(estimate, caller, settings)
  const { trace, credentials } = call
  const now = clock.now()
  const request: AdmissionRequest = {
    id: toTimeOrderedId('gen', now, secrets.randomHex(10)),
    requestId: trace.requestId,
    attempt: attemptNumber,
    keyId: caller.keyId,
    familyId: caller.key?.key.rootId,
    rules: caller.rules,
    token: caller.userToken,
    endUser: estimate.endUser,
    operation: estimate.operation,
    provider: estimate.provider,
    model: estimate.model,
    isStream: estimate.isStream,
    tags: estimate.tags,
    route: estimate.route,
    tokens: estimate.reservedTokens,
    reservedNano: estimate.reservedNano,
    minNano: estimate.output && minNanoOf(estimate.output),
    answer: estimate.output && replyLimitsOf(estimate.output),
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
      ports.keys?.forget()
      throw caller.userToken === undefined ? invalidKey(credentials.token ?? '', ports) : tokenRevoked()
    case 'refused':
      throw toLimitError(
        result,
        estimate.output && isMoney(result.limit)
          ? toFittingHint(estimate.output, estimate.provider, remainingOf(result.limit), result.usualTokens)
          : undefined,
        caller.userToken !== undefined,
      )
    case 'admitted':
      if (result.wouldRefuse.length > 0) trace.add({ wouldRefuse: result.wouldRefuse.map(limitName) })
      return new OpenReservation(request, estimate.output, toShown(result, caller), call, metering, ports)
  }
}

type Admitted = Extract<AdmissionResult, { kind: 'admitted' }>

/** The holder of a user token does not see the limits that it shares with others. */
function toShown(result: Admitted, { userToken }: Caller): Admitted {
  return userToken === undefined ? result : { ...result, rates: result.rates.filter(isOfUser) }
}

function minNanoOf({ bounds, minTokens }: OutputPlan): number | undefined {
  return minTokens < bounds.maxOutputTokens ? worstCase({ ...bounds, maxOutputTokens: minTokens }).nano : undefined
}

function replyLimitsOf({ bounds, minTokens }: OutputPlan): AdmissionRequest['answer'] {
  const fullTokens = bounds.maxOutputTokens
  return minTokens < fullTokens ? { minTokens, fullTokens } : undefined
}

/** Returns the output limit that the granted money pays for; undefined if the request's own limit is no higher. */
function toMaxTokens({ bounds, field, ownLimit }: OutputPlan, grantedNano: number | undefined): number | undefined {
  if (field === undefined) return undefined
  const paid = grantedNano === undefined ? bounds.maxOutputTokens : (maxLengthWithin(bounds, grantedNano) ?? 0)
  return paid < ownLimit ? paid : undefined
}

/** A class, because every metered call creates one. */
class OpenReservation implements Reservation {
  readonly headers: Readonly<Record<string, string>>
  readonly maxTokens: number | undefined
  readonly #id: string
  readonly #unrecorded: AdmissionRequest | undefined
  readonly #reservedNano: number
  readonly #shard: string | undefined
  readonly #ledger: Metering['ledger']
  readonly #clock: Ports['clock']
  #isSettled = false
  #onRecorded: (() => void) | undefined = undefined

  constructor(
    request: AdmissionRequest,
    output: OutputPlan | undefined,
    { rates, shard, grantedNano, hasRecord = true }: Admitted,
    { defer }: PayingCall,
    { ledger }: Metering,
    { clock }: Ports,
  ) {
    const { id, reservedNano } = request
    const headers: Record<string, string> = hasRecord ? { 'x-generation-id': id } : {}
    this.maxTokens = output && toMaxTokens(output, grantedNano)
    if (this.maxTokens !== undefined) headers['x-weir-max-tokens'] = String(this.maxTokens)
    this.headers = toLimitHeaders(rates, headers)
    this.#id = id
    this.#unrecorded = hasRecord ? undefined : request
    this.#reservedNano = grantedNano ?? reservedNano
    this.#shard = shard
    this.#ledger = ledger
    this.#clock = clock
    // Deferred now: a Worker keeps running, and a stopping server waits, until the attempt is recorded.
    defer(
      new Promise<void>((resolve) => {
        this.#onRecorded = resolve
      }),
    )
  }

  settle(
    attempt: Attempt,
    cost = priceAttempt(attempt, attempt.estimate, this.#reservedNano),
  ): AttemptCost | undefined {
    if (this.#isSettled) return undefined
    this.#isSettled = true
    if (this.#unrecorded === undefined) attempt.generationId = this.#id
    const settlement = this.#ledger.settle({
      id: this.#id,
      shard: this.#shard,
      unrecorded: this.#unrecorded,
      outcome: attempt.outcome,
      usage: cost.usage,
      costNano: cost.costNano,
      costSource: cost.costSource,
      answerTokens: toOutputTokens(attempt),
      status: attempt.status,
      errorCode: attempt.errorCode,
      failure: attempt.failure,
      finishReason: attempt.finishReason,
      firstByteMs: attempt.firstByteMs === undefined ? undefined : Math.round(attempt.firstByteMs),
      durationMs: Math.round(attempt.durationMs),
      now: this.#clock.now(),
    })
    // If a settlement finally fails, the sweeper settles the attempt later.
    settlement.then(this.#onRecorded, this.#onRecorded)
    return cost
  }
}

/** Returns the provider's count per choice for a completed reply whose output a budget may lower. */
function toOutputTokens({ outcome, usage, estimate: { output } }: Attempt): number | undefined {
  if (output?.field === undefined || outcome !== 'ok' || usage === undefined || usage.outputTokens === 0)
    return undefined
  return Math.ceil(usage.outputTokens / output.bounds.choices)
}

/** R54: a model without a known price must not look free. Throws GatewayError `model_unpriced` if so configured. */
function checkPriced(
  { isFree, price, provider, model, hasAlternatives }: Estimate,
  caller: Caller,
  { metering }: Settings,
): void {
  if (isFree || price !== undefined || metering.unpriced === 'allow') return
  if (metering.unpriced === 'block_budgeted' && !hasBudget(caller)) return
  const name = `\`${`${provider}/${model}`.slice(0, 200)}\``
  if (hasAlternatives === true) {
    throw new GatewayError(
      'model_unpriced',
      `The request lets other models reply in place of ${name}, and the price of the one that replies is not known, so a budget cannot be enforced. Name one model only.`,
      { param: 'models' },
    )
  }
  throw new GatewayError(
    'model_unpriced',
    `The price of ${name} is not known for everything that the call may use, so a budget cannot be enforced. The operator can set it under \`prices\` in the configuration.`,
    { param: 'model' },
  )
}
