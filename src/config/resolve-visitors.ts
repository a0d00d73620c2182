import { noLimits } from '../metering/limits.ts'
import type { Problems } from './config-error.ts'
import { toPolicyGrants, toPolicyLimits } from './policy-schema.ts'
import type { CompleteConfig } from './schema.ts'
import type { ChallengeSettings, VisitorSettings } from './settings.ts'

/** Returns the policy for visitors; undefined without `visitors.origins`. Reports a policy that bounds no money. */
export function resolveVisitors(
  { visitors, metering }: CompleteConfig,
  hasStorage: boolean,
  problems: Problems,
): VisitorSettings | undefined {
  if (visitors.origins.length === 0) return undefined
  const add = (key: string, message: string) => {
    if (!problems.isReported(['visitors', key])) problems.add(['visitors', key], message)
  }
  const limits = toPolicyLimits(visitors.limits) ?? noLimits
  if (visitors.models === undefined)
    add('models', 'is missing. List the models that strangers may use, such as `gpt-6-mini`')
  if (!limits.budgets.some(({ per }) => per === 'day'))
    add(
      'limits',
      'has no budget per day, so a flood of visitors could spend without bound. Set `limits: {budgets: [{usd: 5, per: day}]}`',
    )
  if (!hasStorage) add('origins', 'needs storage for the limits of visitors, but `storage.path` is `none`')
  else if (metering.enabled === false)
    add('origins', 'needs metering for the limits of visitors, but `metering.enabled` is false. Remove it')
  return {
    grants: toPolicyGrants(visitors),
    limits,
    perVisitor: toPolicyLimits(visitors.per_visitor),
    perAddress: toPolicyLimits(visitors.per_address) ?? noLimits,
    tokenMs: visitors.token_seconds * 1_000,
    newPerAddressPerHour: visitors.new_per_address_per_hour,
    challenge: resolveChallenge(visitors.challenge, problems),
  }
}

function resolveChallenge(
  { site_key: siteKey, secret, verify_url: verifyUrl, when }: CompleteConfig['visitors']['challenge'],
  problems: Problems,
): ChallengeSettings | undefined {
  if (siteKey === undefined && secret === undefined) return undefined
  for (const [key, value] of Object.entries({ site_key: siteKey, secret })) {
    const path = ['visitors', 'challenge', key]
    if (value === undefined && !problems.isReported(path))
      problems.add(path, 'is missing. Set it, or remove the other keys of `visitors.challenge`')
  }
  return siteKey === undefined || secret === undefined ? undefined : { siteKey, secret, verifyUrl, when }
}
