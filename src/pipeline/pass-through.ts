import type { Signal } from '../core/abort-switch.ts'
import type { Answer } from '../core/answer.ts'
import { gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import type { OutboundBody, Provider } from '../providers/provider.ts'
import type { TransportResponse } from '../providers/transport.ts'
import { admit } from './admit.ts'
import { toAnswerHeaders } from './answer-headers.ts'
import { authenticate } from './authenticate.ts'
import { authorizeOperation, passthroughOperation } from './authorize.ts'
import type { Credentials } from './call.ts'
import type { CallTrace } from './call-trace.ts'
import { checkStatus } from './check-status.ts'
import { checkWholeAnswer } from './check-whole-answer.ts'
import type { Ports } from './ports.ts'
import { relayBytes } from './relay-bytes.ts'
import { type Attempt, startAttempt } from './start-attempt.ts'
import { toPassthroughCharge } from './to-charge.ts'

/** A request that Weir relays without understanding it. */
export interface PassthroughRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: Credentials
  readonly signal: Signal
  readonly trace: CallTrace
  /** As of `Call`. */
  defer(work: Promise<unknown>): void
  /** Asked for once, after the caller is known. */
  body(): OutboundBody
}

/** Relays method, path, query and body untouched to the provider that the operator named. Rejects with GatewayError. */
export async function passThrough(request: PassthroughRequest, provider: Provider, ports: Ports): Promise<Answer> {
  const caller = await authenticate(request.credentials, ports)
  authorizeOperation(caller.key, passthroughOperation)
  checkKey(request.credentials.ownKey, provider)
  const {
    method,
    credentials: { ownKey },
  } = request
  const charge = toPassthroughCharge(method, provider.id, ownKey !== undefined)
  const admission = await admit(charge, { ...request, caller }, ports)
  const attempt = startAttempt({ caller: request.signal, timeouts: provider.timeouts, clock: ports.clock })
  request.trace.add({ provider: provider.id })
  try {
    const { path, query, headers } = request
    request.trace.add({ wasSent: true })
    const response = await provider.passThrough(
      { method, path, query, headers, body: request.body(), ownKey },
      { transport: ports.transport, clock: ports.clock, signal: attempt.signal },
    )
    const answer = await toAnswer(response, { request, provider, attempt, ports })
    return { ...answer, headers: { ...answer.headers, ...admission?.headers } }
  } catch (error) {
    attempt.finish()
    throw attempt.signal.aborted ? attempt.signal.reason : error
  }
}

/** A caller's own key never travels beside the stored one, and never to a provider that it is not for (S12). */
function checkKey(ownKey: string | undefined, { id, acceptsOwnKey, missing }: Provider): void {
  if (ownKey !== undefined && !acceptsOwnKey)
    throw new GatewayError(
      'header_not_allowed',
      `The provider \`${id}\` of this endpoint does not take \`x-openai-key\`.`,
    )
  if (ownKey === undefined && missing !== undefined) throw new GatewayError('no_provider_configured', missing)
}

interface AnswerParts {
  readonly request: PassthroughRequest
  readonly provider: Provider
  readonly attempt: Attempt
  readonly ports: Ports
}

async function toAnswer(
  response: TransportResponse,
  { request, provider, attempt, ports }: AnswerParts,
): Promise<Answer> {
  const { status } = response
  checkStatus(response, provider)
  const headers = { ...toAnswerHeaders(response.headers), 'x-weir-provider': provider.id }
  request.trace.add({ status })
  if (status === 204 || status >= 400) {
    const body = await gather(response.body, { bytes: ports.settings.limits.answerBytes, tooLarge })
    attempt.finish()
    const type = response.headers['content-type']?.toLowerCase() ?? ''
    return checkWholeAnswer({ status, headers, type, body }, request.trace, ports.settings)
  }
  const { idleMs, firstByteMs } = provider.timeouts
  const options = { attempt, trace: request.trace, clock: ports.clock, idleMs, firstByteMs }
  return { status, headers, body: relayBytes(response.body, { ...options, streams: ports.settings.streams }) }
}

function tooLarge(): GatewayError {
  return new GatewayError('upstream_answer_too_large', "The provider's error is too long to be passed on.")
}
