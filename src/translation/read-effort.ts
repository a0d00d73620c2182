import { GatewayError } from '../core/errors.ts'
import type { Fields, Given } from './fields.ts'
import { type Effort, efforts } from './prompt.ts'

/** Reads an effort, which Google writes in capitals. Throws GatewayError `invalid_value` for one that has no meaning. */
export function readEffort(fields: Fields, name: string): Given<Effort> | undefined {
  const given = fields.string(name)?.toLowerCase()
  if (given === undefined) return undefined
  const path = fields.at(name)
  const value = efforts.find((effort) => effort === given)
  if (value !== undefined) return { value, path }
  throw new GatewayError('invalid_value', `\`${path}\` must be one of ${efforts.join(', ')}.`, { param: path })
}
