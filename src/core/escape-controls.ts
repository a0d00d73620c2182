/**
 * Characters that control a terminal or disguise a string: control characters except tab, LF and CR, including C1
 * (U+009B starts an escape sequence), line and paragraph separators, and characters that change the text direction.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are escaped
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/
const allControls = new RegExp(controls, 'g')

/** Replaces each such character by its JSON escape, such as `\u009b`. */
export function escapeControls(text: string): string {
  return controls.test(text) ? text.replace(allControls, toEscape) : text
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
