import type { Operation } from '../dialects/operations.ts'
import { fitRequest } from '../openai/successor-requests.ts'
import type { PassedCredential } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import type { Replacement } from '../providers/retirement.ts'
import { passedCredential } from './access/passed-credential.ts'
import type { Estimate } from './call/attempt.ts'
import type { Call, Caller, CallRequest } from './call/call.ts'
import type { Ports } from './call/ports.ts'
import { estimateCall } from './metering/estimate.ts'
import { checkPreviousResponse } from './responses/kept-responses.ts'
import { type SentCall, toSentCall } from './upstream/translate-call.ts'

/** A call whose caller is authenticated and whose body is checked. */
export interface CheckedCall {
  readonly call: Call
  readonly caller: Caller
  readonly request: CallRequest
}

/** The request of an attempt, as its target receives it. */
export interface PreparedRequest {
  readonly sent: SentCall
  readonly estimate: Estimate
  /** The caller's own, if the provider needs it. */
  readonly credential: PassedCredential | undefined
}

/**
 * Writes the request for a target, in its dialect, and computes the maximum that it may use. Returns a promise for a long
 * body, and for a request that continues a response. Throws GatewayError, or rejects, if the call cannot be translated, if
 * the target does not keep the response that it continues, or if a credential of the caller is missing.
 */
export function prepareRequest(
  target: Target,
  operation: Operation,
  route: string | undefined,
  checked: CheckedCall,
  ports: Ports,
): PreparedRequest | Promise<PreparedRequest> {
  const { call, caller, request } = checked
  const { provider } = target
  const finish = (written: SentCall): PreparedRequest | Promise<PreparedRequest> => {
    const sent = fitSuccessor(written, target.replacement)
    const estimate = estimateCall(call, request, sent, target, caller, ports)
    const prepare = () => ({
      sent,
      estimate: route === undefined ? estimate : { ...estimate, route },
      credential: passedCredential(provider, call.credentials, ports),
    })
    const checking =
      sent.translation === undefined ? checkPreviousResponse(call, caller, request, provider, ports) : undefined
    return checking === undefined ? prepare() : checking.then(prepare)
  }
  const written = toSentCall(call, request, operation, target, ports)
  return written instanceof Promise ? written.then(finish) : finish(written)
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
