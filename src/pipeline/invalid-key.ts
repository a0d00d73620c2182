import { GatewayError } from '../core/errors.ts'
import type { Ports } from './ports.ts'

/** S84: the one refusal of a key that was sent, whatever is wrong with it. */
export function invalidKey(presented: string, { settings, keys }: Pick<Ports, 'settings' | 'keys'>): GatewayError {
  const hasToken = settings.access.token !== undefined
  const right = [...(hasToken ? ['the server’s TOKEN'] : []), ...(keys === undefined ? [] : ['a key of this server'])]
  const hint = hasToken ? '' : ' Its operator has set no TOKEN.'
  return new GatewayError(
    'invalid_api_key',
    `The key${lastCharacters(presented)} is not valid here. Send ${right.join(' or ')} as \`Authorization: Bearer …\`.${hint}`,
  )
}

/** S23: of a long key the last four characters help its owner find it; of a short one nothing is shown. */
function lastCharacters(key: string): string {
  return key.length >= 16 ? ` that ends in ${JSON.stringify(key.slice(-4))}` : ''
}
