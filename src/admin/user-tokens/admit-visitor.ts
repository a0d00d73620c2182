import type { VisitorSettings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { networkOf } from '../../core/ip-address.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import { noLimits } from '../../metering/limits.ts'
import type { Credentials } from '../../pipeline/call/call.ts'
import type { ClientClaims, ClientTokens, NewClaims } from '../../pipeline/call/client-tokens.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { requireKeys, requireMetering } from '../../pipeline/call/require-ports.ts'
import { fields, stringOf } from '../../schema/field-types.ts'
import { visitorsId } from '../../storage/key-ids.ts'
import { isRevoked } from '../../storage/revocation-store.ts'
import { parseInput } from '../keys/input.ts'
import { checkChallenge } from './check-challenge.ts'
import { type ClientTokenObject, requireClientTokens, toClientTokenObject } from './mint-client-token.ts'

/** The request of a visitor. */
export const newVisitorSchema = fields({
  challenge: stringOf().nullish().describe('The answer of the challenge’s widget.'),
  visitor: stringOf()
    .nullish()
    .describe(
      'The last token of the same visitor, also an expired one. The visitor then keeps its sessions and limits.',
    ),
}).describe('A visitor of a public page.')

/**
 * Mints the token of an anonymous visitor, or renews it. Rejects with GatewayError `visitors_not_allowed`,
 * `origin_not_allowed`, `token_revoked`, `challenge_required`, `challenge_failed`, `challenge_unavailable`,
 * `rate_limit_exceeded` or `invalid_value`.
 */
export async function admitVisitor(input: unknown, credentials: Credentials, ports: Ports): Promise<ClientTokenObject> {
  const { settings, clock } = ports
  const { visitors } = settings
  if (visitors === undefined)
    throw new GatewayError(
      'visitors_not_allowed',
      'This server admits no anonymous visitors. Send a key or a token as `Authorization: Bearer …`, or set `visitors.origins`.',
    )
  checkPage(credentials, visitors)
  const tokens = requireClientTokens(ports)
  requireMetering(ports)
  const { challenge, visitor } = parseInput(newVisitorSchema, input)
  const known = typeof visitor === 'string' ? await readVisitor(visitor, tokens, ports) : undefined
  await checkRisk(challenge ?? undefined, known, credentials, visitors, tokens, ports)
  const claims = toClaims(known?.endUser, credentials, visitors, tokens, ports)
  return toClientTokenObject(claims, tokens.sign(claims), clock.now())
}

/** A page always sends its origin with a POST; a program can claim any, so this is no protection from programs. */
function checkPage({ origin }: Credentials, { grants }: VisitorSettings): void {
  if (origin !== undefined && grants.origins?.includes(origin) === true) return
  throw new GatewayError(
    'origin_not_allowed',
    origin === undefined
      ? 'Visitors come from web pages, and this request has no `Origin`. Send a key as `Authorization: Bearer …` instead.'
      : `Visitors of ${JSON.stringify(origin.slice(0, 100))} are not admitted. Add the page's origin to \`visitors.origins\`.`,
  )
}

/** Returns the claims of an earlier visitor token; undefined for one that cannot be renewed. */
async function readVisitor(token: string, tokens: ClientTokens, ports: Ports): Promise<ClientClaims | undefined> {
  const claims = tokens.verify(token)
  if (claims?.keyId !== visitorsId) return undefined
  const maker = await requireKeys(ports).makers.find(visitorsId)
  if (maker !== undefined && isRevoked(maker.revocations, claims))
    throw new GatewayError('token_revoked', 'This visitor was blocked.')
  return claims
}

/** A visitor from another network, or one of many new visitors of a network, may be a program. */
async function checkRisk(
  answer: string | undefined,
  known: ClientClaims | undefined,
  credentials: Credentials,
  visitors: VisitorSettings,
  tokens: ClientTokens,
  ports: Ports,
): Promise<void> {
  const { challenge, newPerAddressPerHour } = visitors
  const isMoved = known !== undefined && !tokens.isProofOf(networkOfVisitor(credentials), known.proof)
  const isNew = known === undefined || isMoved
  const isCrowded = isNew && ports.newVisitors.add(credentials.address) > newPerAddressPerHour
  if (challenge === undefined) {
    if (isCrowded) throw tooManyVisitors()
    return
  }
  const { when } = challenge
  if (when === 'always' || isCrowded || isMoved || (when === 'first' && isNew))
    await checkChallenge(answer, credentials, challenge, visitors, ports)
}

function tooManyVisitors(): GatewayError {
  return new GatewayError(
    'rate_limit_exceeded',
    'Too many new visitors came from this address within an hour. Try again later.',
    { headers: { 'retry-after': '3600' } },
  )
}

/** Its proof marks the network of a visitor without naming it: the page can read the token. */
function networkOfVisitor({ address }: Credentials): string {
  return `network ${networkOf(address) ?? 'unknown'}`
}

/** The policy of the configuration holds the rights and limits, as they are at each call; the token holds none. */
function toClaims(
  visitorId: string | undefined,
  credentials: Credentials,
  { tokenMs }: VisitorSettings,
  tokens: ClientTokens,
  { clock, secrets }: Ports,
): NewClaims {
  const issuedAt = clock.now()
  return {
    id: toTimeOrderedId('ct', issuedAt, secrets.randomHex(10)),
    issuedAt,
    expiresAt: issuedAt + tokenMs,
    keyId: visitorsId,
    proof: tokens.proofOf(networkOfVisitor(credentials)),
    endUser: visitorId ?? `visitor_${secrets.randomHex(16)}`,
    models: undefined,
    operations: undefined,
    origins: undefined,
    limits: noLimits,
    sessionId: undefined,
    tags: [],
    keyThumbprint: undefined,
  }
}
