import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { toGatewayError } from '../../core/errors.ts'
import { type GatewayResponse, isByteStream, toText } from '../../core/gateway-response.ts'
import { eventStreamHeaders, heartbeat, toDataEvent } from '../../sse/event-stream.ts'
import type { Outcome } from '../../telemetry/call-record.ts'
import type { Call } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'

const encoder = new TextEncoder()

/**
 * Waits briefly for the upstream's headers, so an early error keeps its status. Then sends the headers of a stream, and
 * comments until the response arrives, because proxies close a silent connection after 60 to 100 s (R17).
 */
export async function holdHeaders(
  pending: Promise<GatewayResponse>,
  call: Call,
  ports: Ports,
): Promise<GatewayResponse> {
  const response = await withinHoldTime(pending, ports)
  if (response !== undefined) return response
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', ...eventStreamHeaders }
  return { status: 200, headers, body: toLateStream(pending, call, ports) }
}

/** Returns the response if it arrives while headers are held back; undefined after `streams.hold_headers_ms`. */
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

/** Sends heartbeats until the response arrives, then the response; an error of any kind becomes an error event. */
function toLateStream(pending: Promise<GatewayResponse>, call: Call, { clock, settings }: Ports): ByteStream {
  let inner: ByteStream | undefined
  let target: ByteSink | undefined
  let isCancelled = false
  let stopBeating = () => {}
  const done = () => {}
  // The response has begun: without defer, a Worker whose caller disconnects would drop the rest, with its record.
  call.defer(pending.then(done, done))

  function beat(sink: ByteSink): void {
    sink.write(call.operation.dialect.events.heartbeat ?? heartbeat)
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
    const { errorEvent } = call.operation.dialect.events
    const name = errorEvent === undefined || status < 400 ? '' : `event: ${errorEvent}\n`
    endWith(sink, encoder.encode(name + toDataEvent(toText(body))))
  }

  function refuse(sink: ByteSink, error: unknown, outcome: Outcome): void {
    if (isCancelled) return
    const failure = toGatewayError(error)
    call.trace.finish(outcome, { status: 200, errorCode: failure.code })
    endWith(sink, encoder.encode(call.operation.dialect.events.toErrorEvent(failure)))
  }

  /** Handles a client that has disconnected: the response is dropped whenever it arrives. */
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
          (response) => pass(sink, response),
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
