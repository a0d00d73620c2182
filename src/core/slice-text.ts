/**
 * Yields slices of about `length` characters and never splits a surrogate pair, because each slice is encoded alone.
 */
export function* sliceText(text: string, length: number): Generator<string, void> {
  for (let at = 0; at < text.length; ) {
    const end = at + length
    const isCut = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800
    yield text.slice(at, isCut ? end - 1 : end)
    at = isCut ? end - 1 : end
  }
}
