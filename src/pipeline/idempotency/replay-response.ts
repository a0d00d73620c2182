import { type ByteStream, toByteStream, wrapStream } from '../../core/byte-stream.ts'
import type { GatewayResponse } from '../../core/gateway-response.ts'
import type { StoredResponse } from '../../storage/idempotency-store.ts'
import type { CallTrace } from '../call/call-trace.ts'

/** Replays a stored response byte for byte; a stream as a stream. */
export function replayResponse(
  { status, headers, body }: StoredResponse & { readonly body: Uint8Array },
  trace: CallTrace,
): GatewayResponse {
  trace.add({ isReplayed: true, status })
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true
  return {
    status,
    headers: { ...headers, 'idempotent-replayed': 'true' },
    body: isStream ? toStream(body, trace) : body,
  }
}

/** Finishes the trace at its end, as every stream does. */
function toStream(bytes: Uint8Array, trace: CallTrace): ByteStream {
  const stream = toByteStream(bytes)
  return wrapStream(stream, {
    start(sink) {
      stream.start(sink)
      trace.finish('ok', { bytesOut: bytes.length })
    },
    cancel() {
      stream.cancel()
      trace.finish('client_gone')
    },
  })
}
