/** Bytes per slice: a safe number of arguments for `String.fromCharCode`, and a multiple of three. */
const sliceBytes = 24_576

/** Encodes bytes as base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let encoded = ''
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    encoded += btoa(String.fromCharCode(...bytes.subarray(start, start + sliceBytes)))
  }
  return encoded
}

/** Encodes bytes as base64url without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Bytes of base64 decoded in one step; a multiple of four. */
const stepBytes = 1_048_576

const latin1 = new TextDecoder('latin1')

/** Decodes long base64, given as bytes, in steps of a few milliseconds; undefined if it is not base64. */
export async function decodeLongBase64(
  base64: Uint8Array,
  yieldToEventLoop: () => Promise<void>,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(Math.ceil((base64.length * 3) / 4))
  let length = 0
  for (let at = 0; at < base64.length; at += stepBytes) {
    const piece = decodeBase64(latin1.decode(base64.subarray(at, at + stepBytes)))
    if (piece === undefined) return undefined
    bytes.set(piece, length)
    length += piece.length
    await yieldToEventLoop()
  }
  return bytes.subarray(0, length)
}

/** Decodes a base64 string; undefined if it is not base64. */
export function decodeBase64(base64: string): Uint8Array | undefined {
  let binary: string
  try {
    binary = atob(base64)
  } catch {
    return undefined
  }
  const bytes = new Uint8Array(binary.length)
  // Ten times as fast as `Uint8Array.from` for an image of a few megabytes.
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}
