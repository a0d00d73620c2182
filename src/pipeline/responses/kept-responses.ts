import { defaults } from '../../config/defaults.ts'
import { GatewayError } from '../../core/errors.ts'
import { toHex } from '../../core/to-hex.ts'
import { responses } from '../../dialects/responses.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Attempt } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, type Credentials, fieldsOf } from '../call/call.ts'
import { isCallersAccount } from '../call/caller-account.ts'
import type { Ports } from '../call/ports.ts'

// All callers share the provider's account, so Weir stores who created a response that the provider keeps (S31). Without
// storage there is one secret, and so one owner.

const advice =
  'A response belongs to the key that created it, for 30 days, unless the request had `store: false` or was translated.'

/** Stores the owner of a response that its provider keeps. The call does not wait for it. */
export function noteKeptResponse(
  { responseId, provider }: Attempt,
  call: Call,
  { owner }: Caller,
  request: CallRequest,
  { storage, secrets, clock }: Ports,
): void {
  const { operation, credentials, trace } = call
  const { state } = operation.dialect
  if (responseId === undefined || storage === undefined || state === undefined || credentials.ownKey !== undefined)
    return
  if (!state.isKept(fieldsOf(request))) return
  const digest = toHex(secrets.digest(responseId))
  const expiresAt = clock.now() + defaults.responses.retentionMs
  const stored = storage.responses.put({ owner, digest, provider, expiresAt })
  call.defer(
    stored.catch(() => trace.add({ cause: 'The owner of the response was not stored; it cannot be retrieved.' })),
  )
}

/**
 * Rejects with GatewayError `previous_response_not_found` if a request continues a response of another owner. Returns
 * undefined if it continues none, because a promise costs a call more than this check.
 */
export function checkPreviousResponse(
  { operation, credentials }: Pick<Call, 'operation' | 'credentials'>,
  { owner }: Caller,
  request: CallRequest,
  provider: Provider,
  { storage, secrets, clock }: Ports,
): Promise<void> | undefined {
  const { state } = operation.dialect
  const id = state?.previousId(fieldsOf(request))
  if (id === undefined || storage === undefined || isCallersAccount(credentials, provider)) return undefined
  return storage.responses
    .findProvider(owner, toHex(secrets.digest(id)), clock.now())
    .then((found) => refuseElsewhere(id, found, provider))
}

function refuseElsewhere(id: string, found: string | undefined, provider: Provider): void {
  if (found === provider.id) return
  const where = found === undefined ? advice : `It is at the provider \`${found}\`. Name a model of that provider.`
  throw new GatewayError(
    'previous_response_not_found',
    `Previous response with id '${id.slice(0, 100)}' not found. ${where} Otherwise send the whole conversation as \`input\`.`,
    { param: 'previous_response_id' },
  )
}

/** Returns the provider that keeps a response of the caller. Rejects with GatewayError `response_not_found`. */
export async function findKeptResponse(
  id: string,
  { owner }: Caller,
  { ownKey }: Credentials,
  { registry, storage, secrets, clock }: Ports,
): Promise<Provider> {
  let found: Provider | undefined
  if (ownKey !== undefined || storage === undefined) {
    const { passthrough, defaultProvider, providers } = registry
    found = [passthrough, defaultProvider, ...providers].find(
      (provider) =>
        provider?.dialects.includes(responses) === true &&
        (ownKey === undefined ? provider.unavailableReason === undefined : provider.acceptsOwnKey),
    )
  } else {
    const provider = await storage.responses.findProvider(owner, toHex(secrets.digest(id)), clock.now())
    found = provider === undefined ? undefined : registry.find(provider)
  }
  if (found !== undefined) return found
  throw new GatewayError('response_not_found', `Response with id '${id.slice(0, 100)}' not found. ${advice}`)
}
