import { type ByteBound, type ByteStream, gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { limitBytes } from '../core/limit-bytes.ts'
import type { Inbound } from './inbound.ts'

/** The body as a stream that fails with `body_too_large` past the limit. Throws it at once where the caller announces more. */
export function streamBody(inbound: Inbound, limit: number): ByteStream {
  return limitBytes(inbound.body(), checkBody(inbound, limit))
}

/** The whole body. Throws or rejects with GatewayError `body_too_large`, `unsupported_media_type` or `bad_request`. */
export function readBody(inbound: Inbound, limit: number): Promise<Uint8Array> {
  const bound = checkBody(inbound, limit)
  return gather(inbound.body(), bound)
}

function checkBody(inbound: Inbound, bytes: number): ByteBound {
  refuseEncoding(inbound)
  const bound = { bytes, tooLarge: () => tooLarge(bytes) }
  if (inbound.bodyLength !== undefined && inbound.bodyLength > bytes) throw bound.tooLarge()
  return bound
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The body is over ${limit} bytes. Send less, or ask the operator to raise the limit.`,
    { headers: { connection: 'close' } },
  )
}

/** S63: a compressed body could hide a thousand times its size. */
function refuseEncoding(inbound: Inbound): void {
  const encoding = inbound.header('content-encoding')
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('unsupported_media_type', 'The body is compressed (`content-encoding`). Send it as it is.')
  }
}
