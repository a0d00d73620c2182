import type { Operation } from '../dialects/operations.ts'
import { fitRequest } from '../openai/successor-requests.ts'
import type { PassedCredential } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import type { Replacement } from '../providers/retirement.ts'
import { passedCredential } from './access/passed-credential.ts'
import { Attempt, type Reservation } from './call/attempt.ts'
import type { Call, Caller, CallRequest } from './call/call.ts'
import type { Ports } from './call/ports.ts'
import { estimateCall } from './metering/estimate.ts'
import { reserve } from './metering/reserve.ts'
import { checkPreviousResponse } from './responses/kept-responses.ts'
import { type SentCall, toSentCall } from './upstream/translate-call.ts'

/** A call whose caller is authenticated and whose body is checked. */
export interface CheckedCall {
  readonly call: Call
  readonly caller: Caller
  readonly request: CallRequest
}

/** An attempt whose request is written for its target, and reserved. */
export interface PreparedAttempt {
  readonly attempt: Attempt
  readonly sent: SentCall
  readonly credential: PassedCredential | undefined
  readonly reservation: Reservation
}

/** The place of an attempt among those of its call. */
export interface AttemptPlace {
  /** 1 for the first. */
  readonly number: number
  /** Monotonic: the call's arrival, or the end of the previous attempt. */
  readonly startedAt: number
  /** The name of the route that chose the target. */
  readonly route: string | undefined
}

/**
 * Writes the request for a target, in its dialect, and reserves its cost. The end of the attempt settles the reservation,
 * however it ends. Rejects with GatewayError if the call cannot be translated, if it continues a response that the target
 * does not keep, if it needs a credential of the caller, or if a limit refuses it.
 */
export async function prepareAttempt(
  target: Target,
  operation: Operation,
  { number, startedAt, route }: AttemptPlace,
  { call, caller, request }: CheckedCall,
  ports: Ports,
): Promise<PreparedAttempt> {
  const written = toSentCall(call, request, operation, target, ports)
  // Awaited only if it is a promise, as of a long body.
  const sent = fitSuccessor(written instanceof Promise ? await written : written, target.replacement)
  const plain = estimateCall(call, request, sent, target, caller, ports)
  const estimate = route === undefined ? plain : { ...plain, route }
  const checking =
    sent.translation === undefined ? checkPreviousResponse(call, caller, request, target.provider, ports) : undefined
  // Awaited only if the request continues a response.
  if (checking !== undefined) await checking
  const credential = passedCredential(target.provider, call.credentials, ports)
  const reservation = await reserve(estimate, number, call, caller, ports)
  return { attempt: new Attempt(target, estimate, reservation, startedAt, call, ports), sent, credential, reservation }
}

/** Adapts a JSON request to the successor of a retired model. A form is unchanged here; only its model is renamed. */
function fitSuccessor(sent: SentCall, replacement: Replacement | undefined): SentCall {
  const { operation, request } = sent
  const { body } = request
  if (replacement === undefined || body.kind !== 'json') return sent
  const fits = replacement.steps.flatMap((step) => step.fits?.[operation.name] ?? [])
  if (fits.length === 0) return sent
  return { ...sent, request: { ...request, body: { ...fits.reduce(fitRequest, body), kind: 'json' } } }
}
