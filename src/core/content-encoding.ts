import { GatewayError } from './errors.ts'

/** The same limit as curl. Each decoder allocates its own window, and a header can list thousands of encodings. */
const maxEncodings = 5

/**
 * Returns the decoders for a body with this `content-encoding`, in the order of application.
 * Throws GatewayError `upstream_invalid_answer` if an encoding has no decoder (case A15).
 */
export function findDecoders<Decoder>(
  contentEncoding: string,
  decoders: ReadonlyMap<string, Decoder>,
): readonly Decoder[] {
  const encodings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
    .reverse()
  const found = encodings.map((name) => decoders.get(name)).filter((decoder) => decoder !== undefined)
  if (found.length === encodings.length && found.length <= maxEncodings) return found
  throw new GatewayError(
    'upstream_invalid_answer',
    `The provider's response has the content encoding \`${contentEncoding.slice(0, 100)}\`, which Weir cannot decode, although Weir requested \`identity\`. Configure the provider, or the proxy in front of it, to send no content encoding.`,
  )
}

/**
 * True for the first byte of `deflate` in a zlib wrapper, as RFC 9110 defines it: the low four bits are the method, 8
 * (RFC 1950). Some servers send raw deflate, whose first byte never has these bits.
 */
export function isZlib(firstByte: number): boolean {
  return (firstByte & 0x0f) === 8
}
