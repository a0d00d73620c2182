import * as z from 'zod'
import { isLoopbackHost } from '../core/loopback.ts'
import { documented } from '../schema/key-documentation.ts'
import { emptyProblem, headerNameProblem, secretProblem } from '../schema/text-problems.ts'
import { choice, list, mapOf, sectionError, string } from '../schema/value-schemas.ts'
import { grantFields } from './grant-fields.ts'
import { loginAlgorithms } from './login-algorithms.ts'
import { grantSettings, limitsSetting } from './policy-schema.ts'

/** The algorithm of issuers that share a secret with the servers that they sign for. */
export const secretAlgorithm = 'HS256'

/** RFC 7518, section 3.2: the key of HS256 has at least the size of its hash. */
const secretBytesMinimum = 32

const claimValues = list(
  z.union([z.string(), z.number(), z.boolean()], { error: 'must be a string, a number, true or false' }),
).min(1, { error: 'is empty, so no token would match. List the accepted values' })

const claimRules = mapOf(claimValues)

const asLogin = { fallback: 'that of the login', meaning: 'As on the login, for the users in this tier.' }

/** One issuer whose tokens Weir accepts. */
export const loginSchema = z.strictObject(
  {
    issuer: documented(string(issuerProblem).optional(), {
      fallback: 'required',
      meaning: 'The `iss` of the tokens, character for character, such as `https://example.eu.auth0.com/`.',
    }),
    jwks_url: documented(string(secureUrlProblem).optional(), {
      fallback: '`jwks_uri` of `<issuer>/.well-known/openid-configuration`',
      meaning: 'URL of the issuer’s public keys.',
    }),
    algorithms: documented(list(choice([...loginAlgorithms, secretAlgorithm])).optional(), {
      fallback: '`["RS256"]`, or `["HS256"]` with `secret`',
      meaning: `Accepted algorithms of the signature: ${[...loginAlgorithms, secretAlgorithm].map((name) => `\`${name}\``).join(', ')}.`,
    }),
    secret: documented(string(loginSecretProblem).optional(), {
      fallback: 'none',
      meaning: `The secret that the issuer signs with (\`HS256\`), of at least ${secretBytesMinimum} bytes. A holder of it can sign in as anyone, so prefer an issuer with public keys. Write it as a variable: \`\${SUPABASE_JWT_SECRET}\`.`,
    }),
    audience: documented(
      list(string(emptyProblem)).min(1, { error: 'is empty. List the accepted values' }).optional(),
      {
        fallback: 'any, if `claims` is set',
        meaning: 'Accepted values of `aud`; a token with several needs one of them.',
      },
    ),
    claims: documented(claimRules.default({}), {
      meaning:
        'Further claims that a token must have, each with the accepted values, such as `azp: [https://chat.example.com]`. `a.b` names a claim inside another. A claim that is a list needs one of the values.',
    }),
    header: documented(string(loginHeaderProblem).optional(), {
      fallback: '`Authorization: Bearer …`',
      meaning:
        'Name of the header that holds the token, such as `cf-access-jwt-assertion`. Weir does not read a token of this login elsewhere.',
    }),
    user_claim: documented(string(emptyProblem).default('sub'), {
      meaning: 'The claim that identifies the end user. Sessions, images and `per_user` limits belong to it.',
    }),
    ...grantSettings,
    limits: limitsSetting('The limits of all users of this login together.'),
    per_user: limitsSetting('The limits of each user.'),
    tiers: documented(
      list(
        z.strictObject(
          {
            claims: documented(
              claimRules.refine((claims) => Object.keys(claims).length > 0, {
                error: 'is empty, so every user would match. Name a claim, or set the values on the login itself',
              }),
              { fallback: 'required', meaning: 'The claims of the users in this tier, as in `claims` of the login.' },
            ),
            models: documented(grantFields.models.optional(), asLogin),
            operations: documented(grantFields.operations.optional(), asLogin),
            per_user: limitsSetting('The limits of each user in this tier.', 'those of the login'),
          },
          { error: sectionError },
        ),
      ).default([]),
      {
        meaning:
          'Other values for users with certain claims: the first entry whose `claims` match replaces `models`, `operations` and `per_user`, each if it sets it.',
      },
    ),
  },
  { error: sectionError },
)

export type LoginConfig = z.output<typeof loginSchema>

export function loginNameProblem(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) return undefined
  return 'is not a valid login name. Use up to 40 lower-case letters, digits and `-`, and start with a letter or a digit'
}

/** Checks a URL from which keys are fetched: an attacker who changes them in transit could sign in as anyone. */
export function secureUrlProblem(value: string): string | undefined {
  const url = URL.parse(value)
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (url === null || !isSecure || !/^https?:\/\/\S+$/.test(value))
    return 'must be an absolute URL with https://, because its keys decide who signs in. Only this machine may use http://'
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password. Remove it'
  if (value.includes('#')) return 'must not have a fragment (`#…`). Remove it'
  return undefined
}

/**
 * True for a URL that an issuer may name in its discovery document. S06: an issuer elsewhere must not send Weir to an
 * address of this machine.
 */
export function isIssuerUrl(url: unknown, issuer: string): url is string {
  if (typeof url !== 'string' || secureUrlProblem(url) !== undefined) return false
  return isLoopbackHost(new URL(issuer).hostname) || !isLoopbackHost(new URL(url).hostname)
}

/** Checks the issuer of an OpenID provider. */
export function issuerProblem(value: string): string | undefined {
  const problem = secureUrlProblem(value)
  if (problem === undefined && value.includes('?')) return 'must not have a query (`?…`). Copy `iss` from a token'
  if (problem === undefined && value.endsWith('/.well-known/openid-configuration'))
    return 'is the address of the discovery document. Set the issuer alone: what precedes `/.well-known`, as in `iss` of a token'
  return problem
}

function loginSecretProblem(value: string): string | undefined {
  const problem = secretProblem(value)
  if (problem !== undefined) return problem
  // Visible ASCII has one byte for each character.
  if (value.length >= secretBytesMinimum) return undefined
  return `is too short for HS256, and could be guessed from one token: at least ${secretBytesMinimum} bytes. Copy the secret of the issuer`
}

/** Headers with another meaning; a token in them would be taken for it. */
const takenHeaders = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-weir-key',
  'x-openai-key',
  'cookie',
  'origin',
])

function loginHeaderProblem(name: string): string | undefined {
  const lowerCase = name.toLowerCase()
  if (lowerCase === 'authorization') return 'is read anyway. Remove this key'
  if (takenHeaders.has(lowerCase)) return 'has another meaning to Weir. Use a header of its own'
  return headerNameProblem(name)
}
