import { GatewayError } from './errors.ts'

/** As many as curl undoes. Each has its own window of memory, and a header has room for thousands. */
const maxEncodings = 5

/**
 * The decoders of a body with this `content-encoding`, in the order in which they are to be applied.
 * Throws GatewayError `upstream_invalid_answer` where there is none for one of its encodings (case A15).
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
    `The provider's answer has the content encoding \`${contentEncoding.slice(0, 100)}\`, which cannot be decoded here, though it was asked for \`identity\`. Have the provider, or the proxy before it, answer without one.`,
  )
}

/**
 * True for the first byte of `deflate` as RFC 9110 has it, in a zlib wrapper, whose first byte ends in the method, 8 (RFC 1950). Some servers send
 * the raw form, whose first byte never does.
 */
export function isZlib(firstByte: number): boolean {
  return (firstByte & 0x0f) === 8
}
