import type { Answer } from '../core/answer.ts'
import { gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { chatCompletions } from '../dialects/chat-completions.ts'
import type { OutboundBody, Provider } from '../providers/provider.ts'
import { Attempt } from './attempt.ts'
import { AttemptDeadline } from './attempt-deadline.ts'
import { authenticate } from './authenticate.ts'
import { authorizeOperation, passthroughOperation } from './authorize.ts'
import type { Call } from './call.ts'
import { estimatePassthrough } from './estimate.ts'
import type { Ports } from './ports.ts'
import { readErrorResponse } from './read-whole-response.ts'
import { reserve } from './reserve.ts'
import { relay } from './stream/relay.ts'
import { failAttempt } from './try-target.ts'
import { checkStatus, readUpstreamHeaders } from './upstream-response.ts'

/** A request that Weir relays without understanding it. */
export interface PassthroughRequest
  extends Pick<Call, 'query' | 'headers' | 'credentials' | 'signal' | 'trace' | 'arrivedAt' | 'defer'> {
  readonly method: string
  readonly path: string
  /** Asked for once, after the caller is known. */
  body(): OutboundBody
}

/** Relays method, path, query and body untouched to the provider that the operator named. Rejects with GatewayError. */
export async function passThrough(request: PassthroughRequest, provider: Provider, ports: Ports): Promise<Answer> {
  const { credentials, trace, method, path, query, headers } = request
  const { settings, clock, transport } = ports
  const caller = await authenticate(credentials, ports)
  authorizeOperation(caller.key, passthroughOperation)
  const { ownKey } = credentials
  checkKey(ownKey, provider)
  const target = { provider, model: undefined }
  const estimate = estimatePassthrough(method, target, ownKey, ports)
  const reservation = await reserve(estimate, 1, request, caller, ports)
  const attempt = new Attempt(target, estimate, request.arrivedAt, request, ports)
  attempt.whenEnded((end) => reservation.settle(end))
  const deadline = new AttemptDeadline({ caller: request.signal, timeouts: provider.timeouts, clock })
  try {
    attempt.wasSent = true
    const response = await provider.passThrough(
      { method, path, query, headers, body: request.body(), ownKey },
      { transport, clock, signal: deadline.signal },
    )
    checkStatus(response, provider)
    const upstream = readUpstreamHeaders(response)
    const answerHeaders = upstream.headers
    answerHeaders['x-weir-provider'] = provider.id
    const callHeaders = { ...upstream.rateHeaders, ...reservation.headers }
    attempt.status = response.status
    if (response.status !== 204 && response.status < 400) {
      const body = relay(response.body, {
        attempt,
        deadline,
        timeouts: provider.timeouts,
        streams: settings.streams,
        clock,
        trace,
        stages: [],
        events: undefined,
      })
      return { status: response.status, headers: answerHeaders, callHeaders, body }
    }
    const bytes = await gather(response.body, { bytes: settings.limits.answerBytes, tooLarge })
    const type = response.headers['content-type']?.toLowerCase() ?? ''
    const { status, contentType, body } =
      response.status < 400
        ? { status: response.status, contentType: undefined, body: '' }
        : readErrorResponse(response.status, type, bytes, chatCompletions, settings)
    deadline.finish()
    attempt.end(status < 400 ? 'ok' : 'upstream_error')
    if (contentType !== undefined) answerHeaders['content-type'] = contentType
    return { status, headers: answerHeaders, callHeaders, body }
  } catch (thrown) {
    deadline.finish()
    throw failAttempt(attempt, deadline.signal.aborted ? deadline.signal.reason : thrown, request).error
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

function tooLarge(): GatewayError {
  return new GatewayError('upstream_answer_too_large', "The provider's error is too long to be passed on.")
}
