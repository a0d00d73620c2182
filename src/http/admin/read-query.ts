import { GatewayError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'

/**
 * The parameters of a query, each at most once. S36: one that is not known is refused, since a misspelt filter would show everything.
 * Throws GatewayError `invalid_value`.
 */
export function readQuery<Name extends string>(
  query: string,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const values: Partial<Record<Name, string>> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    const known = names.find((candidate) => candidate === name)
    if (known === undefined) throw unknown(name, names)
    if (values[known] !== undefined)
      throw new GatewayError('invalid_value', `${known} appears twice. Send it once.`, { param: known })
    values[known] = value
  }
  return values
}

/** The parameter `limit`, or `otherwise` where there is none. Whether it is in range is for others to say. */
export function readLimit(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : readWhole(text, 'limit')
}

/** True or false. */
export function readFlag(text: string | undefined, param: string): boolean | undefined {
  if (text === undefined || text === 'true') return text === undefined ? undefined : true
  if (text === 'false') return false
  throw new GatewayError('invalid_value', `${param} must be true or false.`, { param })
}

function readWhole(text: string, param: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new GatewayError('invalid_value', `${param} must be a whole number.`, { param })
}

function unknown(name: string, names: readonly string[]): GatewayError {
  const shown = name.slice(0, 50)
  const meant = nearest(name, names, 2).map((known) => `\`${known}\``)
  const known = names.length === 0 ? 'It takes none.' : `There are ${names.map((one) => `\`${one}\``).join(', ')}.`
  const hint = meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : known
  return new GatewayError('invalid_value', `There is no parameter ${JSON.stringify(shown)} here. ${hint}`, {
    param: shown,
  })
}
