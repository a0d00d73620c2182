import { didYouMean } from '../core/did-you-mean.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { splitList } from '../core/split-list.ts'

/** A query parameter: its description, its JSON Schema and its parser. */
export interface Parameter<Value = unknown> {
  readonly description: string
  readonly schema: JsonObject
  /** Throws GatewayError `invalid_value`. */
  read(value: string | undefined, name: string): Value
}

export type Parameters = Readonly<Record<string, Parameter>>

export type QueryValues<Given extends Parameters> = {
  readonly [Name in keyof Given]: ReturnType<Given[Name]['read']>
}

/** A parameter that accepts any string. */
export function string(description: string): Parameter<string | undefined> {
  return { description, schema: { type: 'string' }, read: (value) => value }
}

/** A comma-separated list of names. */
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

/** An integer of at most nine digits. */
export function count(description: string): Parameter<number | undefined> {
  return {
    description,
    schema: { type: 'integer', minimum: 0 },
    read(value, name) {
      if (value === undefined) return undefined
      if (/^\d{1,9}$/.test(value)) return Number(value)
      throw new GatewayError('invalid_value', `${name} must be an integer from 0 to 999999999.`, { param: name })
    },
  }
}

/**
 * Parses a query in which each parameter may appear once. S36: an unknown parameter is refused, because a misspelt
 * filter would show everything. Throws GatewayError `invalid_value`.
 */
export function parseQuery<Given extends Parameters>(query: string, parameters: Given): QueryValues<Given> {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(parameters, name)) throw unknownParameter(name, Object.keys(parameters))
    if (values.has(name))
      throw new GatewayError('invalid_value', `${name} appears twice. Send it once.`, { param: name })
    values.set(name, value)
  }
  return readAll(parameters, (name) => values.get(name))
}

/** Reads a query and ignores unknown parameters, like OpenAI's API. Throws GatewayError `invalid_value`. */
export function readQuery<Given extends Parameters>(query: string, parameters: Given): QueryValues<Given> {
  const values = new URLSearchParams(query)
  return readAll(parameters, (name) => values.get(name) ?? undefined)
}

function readAll<Given extends Parameters>(parameters: Given, find: (name: string) => string | undefined) {
  const values = Object.entries(parameters).map(([name, { read }]) => [name, read(find(name), name)])
  return Object.fromEntries(values) as QueryValues<Given>
}

function unknownParameter(name: string, known: readonly string[]): GatewayError {
  const shown = name.slice(0, 50)
  const all = known.length === 0 ? 'It takes none.' : `Use ${known.map((one) => `\`${one}\``).join(', ')}.`
  return new GatewayError(
    'invalid_value',
    `This endpoint has no parameter ${JSON.stringify(shown)}. ${didYouMean(name, known) ?? all}`,
    { param: shown },
  )
}
