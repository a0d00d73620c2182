import type { Answer } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import type { OutboundBody, Provider } from '../providers/provider.ts'
import { toAnswerHeaders } from './answer-headers.ts'
import { authenticate } from './authenticate.ts'
import type { Credentials } from './call.ts'
import type { CallTrace } from './call-trace.ts'
import type { Ports } from './ports.ts'
import { relayBytes } from './relay-bytes.ts'
import { startAttempt } from './start-attempt.ts'

/** A request that Weir relays without understanding it. */
export interface PassthroughRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: Credentials
  readonly signal: AbortSignal
  readonly trace: CallTrace
  /** Asked for once, after the caller is known. */
  body(): OutboundBody
}

/** Relays method, path, query and body untouched to the provider that the operator named. Rejects with GatewayError. */
export async function passThrough(request: PassthroughRequest, provider: Provider, ports: Ports): Promise<Answer> {
  authenticate(request.credentials, ports)
  if (provider.missing !== undefined) throw new GatewayError('no_provider_configured', provider.missing)
  const { clock, transport, settings } = ports
  const attempt = startAttempt(request.signal, provider.timeouts, clock)
  request.trace.add({ provider: provider.id })
  try {
    const { method, path, query, headers } = request
    const response = await provider.passThrough(
      { method, path, query, headers, body: request.body() },
      { transport, clock, signal: attempt.signal },
    )
    const { status } = response
    if (status >= 300 && status < 400) {
      response.body.cancel()
      throw new GatewayError(
        'upstream_redirected',
        `The provider \`${provider.id}\` answered with a redirect, which is never followed.`,
      )
    }
    const { idleMs, firstByteMs } = provider.timeouts
    const body = relayBytes(response.body, {
      attempt,
      trace: request.trace,
      clock,
      idleMs,
      firstByteMs,
      streams: settings.streams,
    })
    request.trace.add({ status })
    return { status, headers: { ...toAnswerHeaders(response.headers), 'x-weir-provider': provider.id }, body }
  } catch (error) {
    attempt.finish()
    throw attempt.signal.aborted ? attempt.signal.reason : error
  }
}
