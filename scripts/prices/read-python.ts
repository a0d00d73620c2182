/** A constructor call: its name and its named arguments. */
export interface PythonCall {
  readonly call: string
  readonly [argument: string]: PythonValue
}

export type PythonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly PythonValue[]
  | PythonCall
  | { readonly [key: string]: PythonValue }

/**
 * Parses the data that a Python file assigns to a name, without running the file. Supports constructors with named
 * arguments, lists, dictionaries and literals. `Decimal('1.5')` becomes a number, `datetime.date(2026, 11, 5)` becomes
 * `2026-11-05`.
 */
export function readPythonData(text: string, name: string): PythonValue {
  const start = new RegExp(`^${name}\\b[^=\\n]*= `, 'm').exec(text)
  if (start === null) throw new Error(`The file assigns nothing to ${name}.`)
  let at = start.index + start[0].length
  return readValue()

  function readValue(): PythonValue {
    const first = peek()
    if (first === "'" || first === '"') return readStrings()
    if (first === '[') return readList(']')
    if (first === '{') return readDictionary()
    if (first === '(') return readList(')')[0]
    const word = take(/[\w.+-]+/y)
    if (peek() === '(') return readCall(word)
    if (word === 'None') return null
    if (word === 'True' || word === 'False') return word === 'True'
    const number = Number(word)
    return Number.isNaN(number) ? word : number
  }

  function readCall(call: string): PythonValue {
    at += 1
    const named: Record<string, PythonValue> = {}
    const others: PythonValue[] = []
    while (peek() !== ')') {
      const key = match(/([a-z_]\w*)=(?!=)/y)
      if (key === undefined) others.push(readValue())
      else named[key] = readValue()
      skip(',')
    }
    at += 1
    if (call === 'Decimal') return Number(others[0])
    if (call === 'datetime.date') return others.map((part) => String(part).padStart(2, '0')).join('-')
    return { call, ...named }
  }

  function readList(end: string): readonly PythonValue[] {
    at += 1
    const values: PythonValue[] = []
    while (peek() !== end) {
      values.push(readValue())
      skip(',')
    }
    at += 1
    return values
  }

  function readDictionary(): PythonValue {
    at += 1
    const values: Record<string, PythonValue> = {}
    while (peek() !== '}') {
      const key = String(readValue())
      skip(':')
      values[key] = readValue()
      skip(',')
    }
    at += 1
    return values
  }

  /** Joins adjacent string literals, as Python does. */
  function readStrings(): string {
    let value = ''
    for (let quote = peek(); quote === "'" || quote === '"'; quote = peek()) {
      const literal = take(quote === "'" ? /'(?:[^'\\]|\\.)*'/sy : /"(?:[^"\\]|\\.)*"/sy)
      value += literal.slice(1, -1).replace(/\\(['"\\n])/g, (_all, escaped) => (escaped === 'n' ? '\n' : escaped))
    }
    return value
  }

  function peek(): string {
    take(/\s*/y)
    return text.charAt(at)
  }

  function skip(mark: string): void {
    if (peek() === mark) at += 1
  }

  function match(pattern: RegExp): string | undefined {
    peek()
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) return undefined
    at += found[0].length
    return found[1]
  }

  function take(pattern: RegExp): string {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) throw new Error(`Unknown Python at ${at}: ${text.slice(at, at + 60)}`)
    at += found[0].length
    return found[0]
  }
}
