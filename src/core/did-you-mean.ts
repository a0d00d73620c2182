/** Longer names are truncated, because the run time grows with the length and the caller chooses it. */
const nameLengthLimit = 100
/** Further candidates are ignored; a catalogue is far smaller. */
const candidateLimit = 2_000
/** More edits than this make a different word. */
const editLimit = 5
/** Shorter pieces occur in almost every name. */
const pieceLengthMinimum = 3

const noMatch = Number.POSITIVE_INFINITY

/** Returns "Did you mean `gpt-4o` or `gpt-4.1`?" with the nearest known names; undefined if none is near. */
export function didYouMean(
  name: string,
  known: Iterable<string>,
  { limit = 2, show = (near: string) => `\`${near}\`` } = {},
): string | undefined {
  const meant = nearest(name, known, limit).map(show)
  return meant.length === 0 ? undefined : `Did you mean ${meant.join(' or ')}?`
}

/**
 * Returns at most `limit` candidates that `name` may mean, best first and ignoring case:
 *
 * 1. names within a few typing errors
 * 2. names that contain it or that it contains
 * 3. names of the same family (`claude-9` → `anthropic/claude-4-sonnet`)
 */
export function nearest(name: string, candidates: Iterable<string>, limit: number): readonly string[] {
  const wanted = toTerm(name)
  if (wanted.text === '') return []
  const matches: { readonly candidate: string; readonly score: number }[] = []
  let seen = 0
  for (const candidate of candidates) {
    seen += 1
    if (seen > candidateLimit) break
    const score = scoreOf(wanted, toTerm(candidate))
    if (score !== noMatch) matches.push({ candidate, score })
  }
  return matches
    .sort((left, right) => left.score - right.score)
    .slice(0, limit)
    .map((match) => match.candidate)
}

interface Term {
  readonly text: string
  /** Letters and digits only: `gpt-4o-mini` contains `gpt4o`. */
  readonly piece: string
  /** The first word after the maker's name: `llama` of `meta-llama/Llama-3.3-70B`. */
  readonly family: string
}

function toTerm(name: string): Term {
  // Truncated twice: the first bounds the work, and some letters become two in lower case.
  const text = name.slice(0, nameLengthLimit).trim().toLowerCase().slice(0, nameLengthLimit)
  const ownName = text.slice(text.lastIndexOf('/') + 1)
  return { text, piece: text.replace(/[^\p{L}\p{N}]/gu, ''), family: /^\p{L}*/u.exec(ownName)?.[0] ?? '' }
}

/** Lower is nearer. Edit distances are integers below 10; containment scores 10 to 11, the same family 20. */
function scoreOf(wanted: Term, candidate: Term): number {
  const edits = Math.min(
    editDistance(wanted.text, candidate.text, editsAllowed(wanted.text)),
    editDistance(wanted.piece, candidate.piece, editsAllowed(wanted.piece)),
  )
  if (edits !== noMatch) return edits
  if (contains(wanted.piece, candidate.piece))
    return 10 + Math.abs(wanted.piece.length - candidate.piece.length) / 1_000
  if (wanted.family.length >= pieceLengthMinimum && wanted.family === candidate.family) return 20
  return noMatch
}

/** Returns the maximum number of edits: 0 below three characters, 1 in a short word, more in a longer one. */
function editsAllowed(text: string): number {
  if (text.length < pieceLengthMinimum) return 0
  return Math.min(editLimit, Math.max(1, Math.floor(text.length / 4)))
}

function contains(left: string, right: string): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left]
  return short.length >= pieceLengthMinimum && long.includes(short)
}

/** Exceeds every edit count between names of at most 100 characters, and still fits in a byte after an increment. */
const beyondBand = 200

/**
 * Counts insertions, deletions, replacements and swaps of neighbours between two strings; infinity above `max`.
 * Computes only the diagonal band that can stay within `max`, and stops at the first row that exceeds it.
 */
function editDistance(left: string, right: string, max: number): number {
  if (Math.abs(left.length - right.length) > max) return noMatch
  // Three rows of the table share one block, because an allocation costs more than a comparison.
  const length = nameLengthLimit + 2
  const block = new Uint8Array(3 * length)
  let current = block.subarray(0, length)
  let previous = block.subarray(length, 2 * length)
  let beforePrevious = block.subarray(2 * length)
  for (let column = 0; column <= right.length; column += 1) previous[column] = column
  for (let row = 1; row <= left.length; row += 1) {
    const letter = left[row - 1]
    const before = row > 1 ? left[row - 2] : undefined
    const first = Math.max(1, row - max)
    const last = Math.min(right.length, row + max)
    // Sentinels on both sides of the band.
    current[first - 1] = first === 1 ? row : beyondBand
    current[last + 1] = beyondBand
    let rowMin = first === 1 ? row : beyondBand
    for (let column = first; column <= last; column += 1) {
      const replaced = at(previous, column - 1) + (letter === right[column - 1] ? 0 : 1)
      let cost = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, replaced)
      if (before === right[column - 1] && letter === right[column - 2]) {
        cost = Math.min(cost, at(beforePrevious, column - 2) + 1)
      }
      current[column] = cost
      if (cost < rowMin) rowMin = cost
    }
    if (rowMin > max) return noMatch
    const oldest = beforePrevious
    beforePrevious = previous
    previous = current
    current = oldest
  }
  const distance = at(previous, right.length)
  return distance > max ? noMatch : distance
}

function at(row: Uint8Array, column: number): number {
  return row[column] ?? beyondBand
}
