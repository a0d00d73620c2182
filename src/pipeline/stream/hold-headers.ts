import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { toGatewayError } from '../../core/errors.ts'
import { type GatewayResponse, isByteStream, toText } from '../../core/gateway-response.ts'
import { eventStreamHeaders, heartbeat, toDataEvent } from '../../sse/event-stream.ts'
import type { Outcome } from '../../telemetry/call-record.ts'
import type { Call } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'

const encoder = new TextEncoder()

/**
 * Waits a while for the upstream's own headers, so that an early error keeps its status; then sends the headers of a stream and keeps the
 * connection warm with comments until the answer comes, since proxies cut a silent one after 60 to 100 s (R17).
 */
export async function holdHeaders(
  pending: Promise<GatewayResponse>,
  call: Call,
  ports: Ports,
): Promise<GatewayResponse> {
  const answer = await withinHoldTime(pending, ports)
  if (answer !== undefined) return answer
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', ...eventStreamHeaders }
  return { status: 200, headers, body: toLateStream(pending, call, ports) }
}

/** The answer, if it comes while headers are held back; undefined once `streams.hold_headers_ms` is up. */
export async function withinHoldTime(
  pending: Promise<GatewayResponse>,
  { clock, settings }: Ports,
): Promise<GatewayResponse | undefined> {
  let stop = () => {}
  const held = new Promise<undefined>((resolve) => {
    stop = clock.after(settings.streams.holdHeadersMs, () => resolve(undefined))
  })
  return await Promise.race([pending, held]).finally(() => stop())
}

/** Heartbeats until the answer is here, then the answer; an error of any kind becomes an error event. */
function toLateStream(pending: Promise<GatewayResponse>, call: Call, { clock, settings }: Ports): ByteStream {
  let inner: ByteStream | undefined
  let target: ByteSink | undefined
  let isCancelled = false
  let stopBeating = () => {}
  const settle = () => {}
  // The response has begun, so that a Worker would drop the rest, its record included, with a caller who leaves.
  call.defer(pending.then(settle, settle))

  function beat(sink: ByteSink): void {
    sink.write(heartbeat)
    stopBeating = clock.after(settings.streams.heartbeatMs, () => beat(sink))
  }

  function endWith(sink: ByteSink, event: Uint8Array): void {
    if (isCancelled) return
    sink.write(event)
    sink.end()
  }

  function pass(sink: ByteSink, { status, body }: GatewayResponse): void {
    if (isByteStream(body)) {
      inner = body
      if (isCancelled) inner.cancel()
      else inner.start(sink)
      return
    }
    call.trace.finish(status < 400 ? 'ok' : 'upstream_error', { status: 200 })
    endWith(sink, encoder.encode(toDataEvent(toText(body))))
  }

  function refuse(sink: ByteSink, error: unknown, outcome: Outcome): void {
    if (isCancelled) return
    const known = toGatewayError(error)
    call.trace.finish(outcome, { status: 200, errorCode: known.code })
    endWith(sink, encoder.encode(call.operation.dialect.events.toErrorEvent(known)))
  }

  /** The reader has left. The answer is not wanted, whenever it comes. */
  function leave(): void {
    isCancelled = true
    stopBeating()
    call.trace.finish('client_gone', { status: 200 })
  }

  return {
    start(sink) {
      target = sink
      beat(sink)
      pending
        .finally(() => stopBeating())
        .then(
          (answer) => pass(sink, answer),
          (error) => (call.signal.aborted ? leave() : refuse(sink, error, 'upstream_error')),
        )
    },
    resume: () => inner?.resume(),
    cancel(reason) {
      if (inner !== undefined) inner.cancel(reason)
      leave()
    },
    interrupt(error) {
      if (inner !== undefined) return inner.interrupt?.(error)
      if (target !== undefined) refuse(target, error, 'interrupted')
      leave()
    },
  }
}
