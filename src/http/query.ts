import { didYouMean } from '../core/did-you-mean.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { splitList } from '../core/split-list.ts'

/** A parameter of a query: its description, its JSON Schema, and how its text is read. */
export interface Parameter<Value = unknown> {
  readonly description: string
  readonly schema: JsonObject
  /** Throws GatewayError `invalid_value`. */
  read(text: string | undefined, name: string): Value
}

export type Parameters = Readonly<Record<string, Parameter>>

export type QueryValues<Given extends Parameters> = {
  readonly [Name in keyof Given]: ReturnType<Given[Name]['read']>
}

/** Any string. */
export function text(description: string): Parameter<string | undefined> {
  return { description, schema: { type: 'string' }, read: (value) => value }
}

/** Names between commas. */
export function names(description: string): Parameter<readonly string[] | undefined> {
  return {
    description,
    schema: { type: 'string' },
    read: (value) => (value === undefined ? undefined : splitList(value)),
  }
}

export function flag(description: string): Parameter<boolean | undefined> {
  return {
    description,
    schema: { type: 'boolean' },
    read(value, name) {
      if (value === undefined || value === 'true') return value === undefined ? undefined : true
      if (value === 'false') return false
      throw new GatewayError('invalid_value', `${name} must be true or false.`, { param: name })
    },
  }
}

export function choice<const Choice extends string>(
  description: string,
  choices: readonly Choice[],
): Parameter<Choice | undefined> {
  return {
    description,
    schema: { type: 'string', enum: choices },
    read(value, name) {
      const found = choices.find((known) => known === value)
      if (found !== undefined || value === undefined) return found
      throw new GatewayError('invalid_value', `${name} must be one of ${choices.join(', ')}.`, { param: name })
    },
  }
}

/** A whole number of at most nine digits. */
export function count(description: string): Parameter<number | undefined> {
  return {
    description,
    schema: { type: 'integer', minimum: 0 },
    read(value, name) {
      if (value === undefined) return undefined
      if (/^\d{1,9}$/.test(value)) return Number(value)
      throw new GatewayError('invalid_value', `${name} must be a whole number.`, { param: name })
    },
  }
}

/**
 * The values of a query, each of which may come once. S36: an unknown parameter is refused, since a misspelt filter would show everything.
 * Throws GatewayError `invalid_value`.
 */
export function parseQuery<Given extends Parameters>(query: string, parameters: Given): QueryValues<Given> {
  const texts = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(parameters, name)) throw unknownParameter(name, Object.keys(parameters))
    if (texts.has(name))
      throw new GatewayError('invalid_value', `${name} appears twice. Send it once.`, { param: name })
    texts.set(name, value)
  }
  return readAll(parameters, (name) => texts.get(name))
}

/** The values of a query in which unknown parameters are ignored, as OpenAI's API does. Throws GatewayError `invalid_value`. */
export function readQuery<Given extends Parameters>(query: string, parameters: Given): QueryValues<Given> {
  const texts = new URLSearchParams(query)
  return readAll(parameters, (name) => texts.get(name) ?? undefined)
}

function readAll<Given extends Parameters>(parameters: Given, find: (name: string) => string | undefined) {
  const values = Object.entries(parameters).map(([name, { read }]) => [name, read(find(name), name)])
  return Object.fromEntries(values) as QueryValues<Given>
}

function unknownParameter(name: string, known: readonly string[]): GatewayError {
  const shown = name.slice(0, 50)
  const all = known.length === 0 ? 'It takes none.' : `There are ${known.map((one) => `\`${one}\``).join(', ')}.`
  return new GatewayError(
    'invalid_value',
    `There is no parameter ${JSON.stringify(shown)} here. ${didYouMean(name, known) ?? all}`,
    { param: shown },
  )
}
