import { splitList } from '../core/split-list.ts'
import type { ConfigKey } from './config-keys.ts'
import { parseFlag } from './environment.ts'

/** A value read from text, or what is wrong with the text. */
export type ParsedText =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problem'; readonly message: string }

/** Turns the text of a variable into what the key holds. Only the form is checked here; the schema checks the rest. */
export function parseText(key: ConfigKey, text: string): ParsedText {
  switch (key.type) {
    case 'boolean': {
      const value = parseFlag(text)
      return value === undefined
        ? toProblem('must be true or false (1, 0, yes, no, on and off are taken too)')
        : { kind: 'value', value }
    }
    case 'number':
      return /^-?\d+$/.test(text)
        ? { kind: 'value', value: Number(text) }
        : toProblem(
            `must be a whole number${key.documentation.unit === undefined ? '' : ` (${key.documentation.unit})`}`,
          )
    case 'list':
      return { kind: 'value', value: splitList(text) }
    case 'mapping':
      return parsePairs(text)
    case 'choice':
      return { kind: 'value', value: text.toLowerCase() }
    case 'section':
    case 'text':
      return { kind: 'value', value: text }
  }
}

function parsePairs(text: string): ParsedText {
  const pairs = splitList(text).map((part) => {
    const at = part.indexOf('=')
    return at < 1 ? undefined : ([part.slice(0, at).trim(), part.slice(at + 1).trim()] as const)
  })
  const whole = pairs.filter((pair) => pair !== undefined)
  if (whole.length < pairs.length)
    return toProblem('must be pairs separated by commas, such as `fast=openai/gpt-4o-mini,big=gpt-4.1`')
  return { kind: 'value', value: Object.fromEntries(whole) }
}

function toProblem(message: string): ParsedText {
  return { kind: 'problem', message }
}
