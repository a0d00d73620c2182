/** Returns a text that may stand in a header: encoded if it holds characters that a header cannot (S67), and cut. */
export function toHeaderValue(text: string, maxLength = 200): string {
  return (/^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.toWellFormed())).slice(0, maxLength)
}
