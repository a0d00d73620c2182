/** A text in slices of about `length` characters, each of which can be encoded by itself: a pair of surrogates is one character. */
export function* sliceText(text: string, length: number): Generator<string, void> {
  for (let at = 0; at < text.length; ) {
    const end = at + length
    const isCut = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800
    yield text.slice(at, isCut ? end - 1 : end)
    at = isCut ? end - 1 : end
  }
}
