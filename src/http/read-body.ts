import { type ByteStream, gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { limitBytes } from '../core/limit-bytes.ts'
import type { Inbound } from './inbound.ts'

/** The body as a stream that fails with `body_too_large` past the limit. Throws it at once where the caller announces more. */
export function streamBody(inbound: Inbound, limit: number): ByteStream {
  refuseEncoding(inbound)
  const tooLarge = () =>
    new GatewayError(
      'body_too_large',
      `The body is over ${limit} bytes. Send less, or ask the operator to raise the limit.`,
      {
        headers: { connection: 'close' },
      },
    )
  if (inbound.bodyLength !== undefined && inbound.bodyLength > limit) throw tooLarge()
  return limitBytes(inbound.body(), limit, tooLarge)
}

/** The whole body. Rejects with GatewayError `body_too_large` or `bad_request`. */
export async function readBody(inbound: Inbound, limit: number): Promise<Uint8Array> {
  return await gather(streamBody(inbound, limit))
}

/** S63: a compressed body could hide a thousand times its size. */
function refuseEncoding(inbound: Inbound): void {
  const encoding = inbound.header('content-encoding')
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('unsupported_media_type', 'The body is compressed (`content-encoding`). Send it as it is.')
  }
}
