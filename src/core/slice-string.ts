/**
 * Yields slices of about `length` characters and never splits a surrogate pair, because each slice is encoded alone.
 */
export function* sliceString(text: string, length: number): Generator<string, void> {
  for (let at = 0; at < text.length; ) {
    const end = at + length
    const isTruncated = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800
    yield text.slice(at, isTruncated ? end - 1 : end)
    at = isTruncated ? end - 1 : end
  }
}
