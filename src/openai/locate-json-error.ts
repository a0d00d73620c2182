/** Maximum length of a searched text in characters, because the token pattern backtracks over strings. */
const searchLimit = 1_000_000

const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end'

/**
 * Describes where a text stops being valid JSON and which token was expected, for an error message.
 * V8's message gives a position for some errors only, and quotes the body.
 */
export function locateJsonError(text: string): string {
  if (text.length > searchLimit) return 'a character is misplaced, or the input ends too early.'
  const open: string[] = []
  let expected: Expected = 'value'
  token.lastIndex = 0
  for (;;) {
    const start = token.lastIndex
    const match = token.exec(text)
    const next: Expected | 'done' | undefined = match === null ? undefined : step(expected, kindOf(match), open)
    if (match === null || next === undefined) return describe(text, start, expected)
    if (next === 'done') return describe(text, start + match[0].length, ', or end')
    expected = next
  }
}

/** Returns the kind of a token; a punctuation mark is its own kind. */
function kindOf(match: RegExpExecArray): string {
  return match[1] ?? (match[2] === undefined ? 'scalar' : 'string')
}

function step(expected: Expected, found: string, open: string[]): Expected | 'done' | undefined {
  if (expected === ':') return found === ':' ? 'value' : undefined
  if (expected === 'name' || (expected === 'name or }' && found !== '}')) return found === 'string' ? ':' : undefined
  if (expected === ', or end') return stepAfterValue(found, open)
  return stepIntoValue(expected, found, open)
}

function stepAfterValue(found: string, open: string[]): Expected | 'done' | undefined {
  const inside = open.at(-1)
  if (found === ',') return inside === '{' ? 'name' : 'value'
  return closes(inside, found) ? leave(open) : undefined
}

function stepIntoValue(expected: Expected, found: string, open: string[]): Expected | 'done' | undefined {
  if (expected !== 'value' && closes(open.at(-1), found)) return leave(open)
  if (found === '{' || found === '[') {
    open.push(found)
    return found === '{' ? 'name or }' : 'value or ]'
  }
  if (found !== 'string' && found !== 'scalar') return undefined
  return open.length === 0 ? 'done' : ', or end'
}

function closes(inside: string | undefined, found: string): boolean {
  return (inside === '{' && found === '}') || (inside === '[' && found === ']')
}

function leave(open: string[]): Expected | 'done' {
  open.pop()
  return open.length === 0 ? 'done' : ', or end'
}

function describe(text: string, from: number, expected: Expected): string {
  const rest = text.slice(from)
  const at = from + (rest.length - rest.trimStart().length)
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  const position = `line ${line}, column ${column}`
  if (at >= text.length) return `unexpected end of input at ${position}; expected ${words[expected]}.`
  return `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} at ${position}; expected ${words[expected]}.`
}

const words: Readonly<Record<Expected, string>> = {
  value: 'a value',
  'value or ]': 'a value or ]',
  name: 'a name in double quotes',
  'name or }': 'a name in double quotes or }',
  ':': 'a colon',
  ', or end': 'a comma or the end',
}
