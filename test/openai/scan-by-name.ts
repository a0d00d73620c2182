interface Span {
  readonly start: number
  readonly end: number
}

interface Member extends Span {
  readonly nameStart: number
}

interface JsonScan {
  readonly depth: number
  readonly members: ReadonlyMap<string, Member>
  readonly duplicate: string | undefined
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

/** The first implementation of the JSON scan, name by name: slower, and the reference for the current scans. */
export function scanByName(text: string, maxDepth: number): JsonScan {
  const members = createMemberList(text)
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length && deepest <= maxDepth; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = skipString(text, at)
      if (depth === 1) members.addString(at, end)
      at = end - 1
      continue
    }
    if (depth === 1) members.addMark(code, at)
    depth += nestingOf(code)
    if (depth > deepest) deepest = depth
  }
  return { depth: deepest, members: members.spans, duplicate: members.duplicate() }
}

function nestingOf(code: number): number {
  if (code === braceOpen || code === bracketOpen) return 1
  return code === braceClose || code === bracketClose ? -1 : 0
}

/** Returns the index after the closing quote; the text's length if there is none. */
function skipString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === backslash) first--
  return (at - first) % 2 === 1
}

function createMemberList(text: string) {
  const spans = new Map<string, Member>()
  const names = new Set<string>()
  let duplicate: string | undefined
  let name: string | undefined
  let nameStart = -1
  let valueStart = -1
  return {
    spans,
    duplicate: () => duplicate,
    addString(start: number, end: number) {
      if (name !== undefined) return
      name = decodeName(text.slice(start, end))
      nameStart = start
    },
    addMark(code: number, at: number) {
      if (code === colon && valueStart === -1) valueStart = at + 1
      if (code !== comma && code !== braceClose && code !== bracketClose) return
      if (name === undefined || valueStart === -1) return
      spans.set(name, { nameStart, ...trimmed(text, valueStart, at) })
      const folded = name.toLowerCase().replace(/\u017f/g, 's')
      if (names.has(folded)) duplicate = name
      names.add(folded)
      name = undefined
      valueStart = -1
    },
  }
}

function decodeName(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted
  }
}

function trimmed(text: string, from: number, to: number): Span {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return { start, end }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
