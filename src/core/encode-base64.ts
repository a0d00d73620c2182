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
