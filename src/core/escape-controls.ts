/**
 * Characters that a terminal obeys, or by which a text looks like another: controls but for tab and line breaks, among them the C1 controls (U+009B
 * starts an escape sequence), the line and paragraph separators, and those that turn the direction of the text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are escaped
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/
const allControls = new RegExp(controls, 'g')

/** The text with each of them as `\u009b`, which is what it is in JSON too. */
export function escapeControls(text: string): string {
  return controls.test(text) ? text.replace(allControls, toEscape) : text
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
