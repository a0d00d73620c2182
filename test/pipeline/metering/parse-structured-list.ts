/** An item of a structured field's list with its parameters. */
export interface ListItem {
  readonly value: string
  readonly parameters: Readonly<Record<string, string | number>>
}

/**
 * Reads a list of strings whose parameters are integers or strings, and throws on anything else.
 * Source: https://www.rfc-editor.org/rfc/rfc9651#section-4.2.1
 */
export function parseStructuredList(text: string): readonly ListItem[] {
  const items: ListItem[] = []
  let rest = text
  for (;;) {
    const head = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/.exec(rest)
    if (head === null) throw new Error(`no string at: ${rest}`)
    rest = rest.slice(head[0].length)
    const parameters: Record<string, string | number> = {}
    for (let next = parseParameter(rest); next !== undefined; next = parseParameter(rest)) {
      parameters[next.name] = next.value
      rest = rest.slice(next.length)
    }
    items.push({ value: head[1] ?? '', parameters })
    if (rest === '') return items
    const comma = /^[ \t]*,[ \t]*(?=.)/.exec(rest)
    if (comma === null) throw new Error(`no comma at: ${rest}`)
    rest = rest.slice(comma[0].length)
  }
}

function parseParameter(text: string): { name: string; value: string | number; length: number } | undefined {
  // An integer has at most 15 digits.
  const match = /^; *([a-z*][a-z0-9_.*-]*)=(?:(-?\d{1,15})(?!\d)|"([\x20\x21\x23-\x5b\x5d-\x7e]*)")/.exec(text)
  if (match === null) return undefined
  const [{ length }, name = '', digits, string = ''] = match
  return { name, value: digits === undefined ? string : Number(digits), length }
}
