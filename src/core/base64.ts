/** As many bytes as `String.fromCharCode` takes arguments without trouble; a multiple of three. */
const sliceBytes = 24_576

/** Base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let encoded = ''
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    encoded += btoa(String.fromCharCode(...bytes.subarray(start, start + sliceBytes)))
  }
  return encoded
}

/** The bytes that a base64 string stands for; undefined if it is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  const bytes = new Uint8Array(binary.length)
  // Ten times as fast as `Uint8Array.from` on a picture of some megabytes.
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}
