import type { Problems } from './config-error.ts'
import { type LoginConfig, secretAlgorithm } from './login-schema.ts'
import { toPolicyGrants, toPolicyLimits } from './policy-schema.ts'
import type { CompleteConfig } from './schema.ts'
import type { LoginSettings } from './settings.ts'

/** Returns the logins in the order of the configuration, and reports those that would accept anybody's tokens. */
export function resolveLogins(
  { logins, metering }: CompleteConfig,
  hasStorage: boolean,
  problems: Problems,
): readonly LoginSettings[] {
  if (!hasStorage && Object.keys(logins).length > 0)
    problems.add(
      ['logins'],
      'needs storage for the limits of its users, but `storage.path` is `none`. Set it to a folder',
    )
  if (hasStorage && metering.enabled === false && Object.keys(logins).length > 0)
    problems.add(['logins'], 'needs metering for the limits of its users, but `metering.enabled` is false. Remove it')
  const resolved = Object.entries(logins).flatMap(([name, login]) => {
    checkLogin(name, login, problems)
    return login.issuer === undefined ? [] : [toLogin(name, login.issuer, login)]
  })
  for (const [index, { name, issuer, header }] of resolved.entries()) {
    const twin = resolved.slice(0, index).find((other) => other.issuer === issuer && other.header === header)
    if (twin !== undefined)
      problems.add(
        ['logins', name, 'issuer'],
        `is that of \`${twin.name}\`, so a token could belong to either. Use one login for both: list all values in \`audience\`, and set limits by \`tiers\``,
      )
  }
  return resolved
}

function checkLogin(name: string, login: LoginConfig, problems: Problems): void {
  const path = ['logins', name]
  const add = (key: string, message: string) => {
    if (!problems.isReported([...path, key])) problems.add([...path, key], message)
  }
  const { issuer, audience, claims, secret, jwks_url: jwksUrl, algorithms } = login
  if (issuer === undefined) add('issuer', 'is missing. Set it to the `iss` of the tokens')
  const hasBinding = audience !== undefined || Object.keys(claims).length > 0
  if (!hasBinding && !problems.isReported([...path, 'claims'])) {
    add(
      'audience',
      'is missing, and so is `claims`: the same issuer signs tokens for other apps, and each of their users could spend your money. Set `audience` to the `aud` of your app’s tokens, or name in `claims` what only they have, such as `azp`',
    )
  }
  if (login.limits === undefined && login.per_user === undefined)
    add(
      'per_user',
      'is missing, and so is `limits`: each person who signs up with the issuer could spend without bound. Set `per_user: {budgets: [{usd: 1, per: day}]}`, or `limits` for all users together',
    )
  if (algorithms?.length === 0) add('algorithms', 'is empty, so no token would be accepted. Remove it for RS256')
  const hasSecretAlgorithm = algorithms?.includes(secretAlgorithm) === true
  if (secret === undefined) {
    if (hasSecretAlgorithm)
      add('algorithms', 'contains HS256, which needs `secret`. Set it, or list the algorithms of the public keys')
    return
  }
  if (jwksUrl !== undefined)
    add('jwks_url', 'conflicts with `secret`: public keys and a secret exclude each other. Keep one of them')
  if (algorithms?.some((algorithm) => algorithm !== secretAlgorithm) === true)
    add('algorithms', 'must be `[HS256]` with `secret`. Change it, or remove `secret` and use the issuer’s public keys')
}

function toLogin(name: string, issuer: string, login: LoginConfig): LoginSettings {
  const { secret } = login
  return {
    name,
    issuer,
    jwksUrl: login.jwks_url,
    algorithms: login.algorithms ?? [secret === undefined ? 'RS256' : secretAlgorithm],
    secret,
    audience: login.audience,
    claims: login.claims,
    header: login.header?.toLowerCase(),
    userClaim: login.user_claim,
    grants: toPolicyGrants(login),
    limits: toPolicyLimits(login.limits),
    perUser: toPolicyLimits(login.per_user),
    tiers: login.tiers.map((tier) => {
      const { models, operations } = toPolicyGrants(tier)
      return { claims: tier.claims, models, operations, perUser: toPolicyLimits(tier.per_user) }
    }),
  }
}
