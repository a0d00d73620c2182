import { GatewayError } from '../../core/errors.ts'
import type { CredentialHeader } from '../../providers/forward-headers.ts'
import type { PassedCredential, Provider } from '../../providers/provider.ts'
import type { Credentials } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { adminPrefix, isAdminToken } from './admin-secret.ts'
import { secretPrefix } from './authenticate.ts'
import { looksSigned } from './client-tokens.ts'
import { tokenHolderOf } from './token-holder.ts'

/**
 * Returns the credential of the caller with which a call to this provider is sent; undefined if the provider takes
 * none. A secret of this server is never part of it. Throws GatewayError `credential_required` if the caller sent none.
 */
export function passedCredential(
  { id, passesCallerCredentials, credentialHeaders }: Provider,
  { token, providerHeaders }: Credentials,
  ports: Pick<Ports, 'settings' | 'secrets'>,
): PassedCredential | undefined {
  if (!passesCallerCredentials) return undefined
  const passed: Partial<Record<CredentialHeader, string>> = {}
  let hasSecret = false
  for (const name of credentialHeaders) {
    const value = providerHeaders?.[name]
    if (value === undefined) continue
    if (isOfThisServer(value, token, ports)) hasSecret = true
    else passed[name] = value
  }
  if (Object.keys(passed).length > 0) return passed
  const names = credentialHeaders.map((name) => `\`${name}\``).join(' or ')
  const problem =
    providerHeaders === undefined
      ? `Send the key of this server in \`x-weir-key\`, and the provider's credential in ${names}.`
      : `Send it in ${names}${hasSecret ? ', which now holds a key of this server' : ''}, beside \`x-weir-key\`.`
  throw new GatewayError('credential_required', `The provider \`${id}\` takes the caller's own credential. ${problem}`)
}

/** Several headers of one name may arrive as one, with commas. */
function isOfThisServer(
  value: string,
  token: string | undefined,
  { settings, secrets }: Pick<Ports, 'settings' | 'secrets'>,
): boolean {
  const { access } = settings
  return value.split(/[\s,]+/).some((part) => {
    if (part === token || part.startsWith(secretPrefix) || part.startsWith(adminPrefix) || looksSigned(part))
      return true
    const digest = secrets.digest(part)
    if (isAdminToken(digest, { settings, secrets })) return true
    return access.token !== undefined && secrets.equal(digest, tokenHolderOf(access, access.token, secrets).digest)
  })
}
