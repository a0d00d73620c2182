import { locateMembers, type Span } from './scan-json.ts'

/**
 * Sets top-level members in the text of a JSON object and keeps every other character: numbers beyond 2^53, the order
 * and the spelling of fields reach the upstream unchanged. The text must be a valid JSON object.
 */
export function editJson(text: string, edits: Readonly<Record<string, unknown>>): string {
  const members = locateMembers(text)
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

/**
 * Like `editJson`, for the nested object at `path`. Returns the text unchanged if `path` does not lead to an object.
 */
export function editJsonAt(text: string, path: readonly string[], edits: Readonly<Record<string, unknown>>): string {
  const [name, ...rest] = path
  if (name === undefined) return editJson(text, edits)
  const span = locateMembers(text).get(name)
  if (span === undefined || text[span.start] !== '{') return text
  const edited = editJsonAt(text.slice(span.start, span.end), rest, edits)
  return text.slice(0, span.start) + edited + text.slice(span.end)
}

/** Removes a top-level member and one comma, and keeps every other character. */
export function removeMember(text: string, name: string): string {
  const span = locateMembers(text).get(name)
  if (span === undefined) return text
  const before = text.slice(0, span.nameStart)
  const after = text.slice(span.end)
  const next = /^\s*,/.exec(after)
  return next === null ? before.replace(/,\s*$/, '') + after : before + after.slice(next[0].length)
}

interface Splice extends Span {
  readonly text: string
}
