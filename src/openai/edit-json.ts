import { type Span, scanJson } from './scan-json.ts'

/**
 * Sets top-level members of a JSON object's text and leaves every other character as it came, so that numbers beyond 2^53,
 * the order of fields and their spelling reach the upstream unchanged. The text must be a valid JSON object.
 */
export function editJson(text: string, edits: Readonly<Record<string, unknown>>): string {
  const { members } = scanJson(text, Number.POSITIVE_INFINITY)
  const open = text.indexOf('{') + 1
  const added: string[] = []
  const splices: Splice[] = []
  for (const [name, value] of Object.entries(edits)) {
    const span = members.get(name)
    if (span === undefined) added.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
    else splices.push({ ...span, text: JSON.stringify(value) })
  }
  if (added.length > 0) splices.push({ start: open, end: open, text: added.join(',') + (members.size > 0 ? ',' : '') })
  return splices
    .sort((left, right) => right.start - left.start)
    .reduce((edited, splice) => edited.slice(0, splice.start) + splice.text + edited.slice(splice.end), text)
}

interface Splice extends Span {
  readonly text: string
}
