import { scanJson } from './scan-json.ts'

/**
 * Sets top-level members of a JSON object's text and leaves every other character as it came, so that numbers beyond 2^53,
 * the order of fields and their spelling reach the upstream unchanged. The text must be a valid JSON object.
 */
export function editJson(text: string, edits: Readonly<Record<string, unknown>>): string {
  const { members } = scanJson(text, Number.POSITIVE_INFINITY)
  const open = text.indexOf('{') + 1
  const splices = Object.entries(edits).map(([name, value]) => {
    const span = members.get(name)
    if (span !== undefined) return { ...span, text: JSON.stringify(value) }
    const separator = members.size > 0 ? ',' : ''
    return { start: open, end: open, text: `${JSON.stringify(name)}:${JSON.stringify(value)}${separator}` }
  })
  return splices
    .sort((left, right) => right.start - left.start)
    .reduce((edited, splice) => edited.slice(0, splice.start) + splice.text + edited.slice(splice.end), text)
}
