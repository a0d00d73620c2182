import { toOrigin } from '../../config/to-origin.ts'
import { parseIpRange, toRangeText } from '../../core/ip-address.ts'
import type { Grants, KeyChange } from '../../storage/key-store.ts'
import { grantFields } from './find-excess-grant.ts'
import type { KeyChangeInput } from './key-schema.ts'
import { toInstant } from './to-instant.ts'
import { toLimits } from './to-limits.ts'

/** A change of a key from the wire: null takes away, and what is left out stays. */
export function toKeyChange(input: KeyChangeInput): KeyChange {
  const { name, disabled, shadow, labels, limits } = input
  return {
    ...(name !== undefined && { name }),
    ...(disabled !== undefined && { isDisabled: disabled }),
    ...(shadow !== undefined && { isShadow: shadow }),
    ...(labels !== undefined && { labels: labels ?? {} }),
    ...(limits !== undefined && { limits: toLimits(limits) }),
    ...toRemovable(input),
    grants: toGrants(input),
  }
}

function toRemovable(input: KeyChangeInput): Pick<KeyChange, 'expiresAt' | 'perUser' | 'defaultMaxTokens'> {
  const { expires_at: time, per_user: users, default_max_tokens: tokens } = input
  return {
    ...(time !== undefined && { expiresAt: (time === null ? undefined : toInstant(time)) ?? 'never' }),
    ...(users !== undefined && { perUser: users === null ? 'none' : toLimits(users) }),
    ...(tokens !== undefined && { defaultMaxTokens: tokens ?? 'none' }),
  }
}

/** Each entry once, in its one spelling. */
function toGrants(input: KeyChangeInput): Partial<Grants> {
  const grants: Partial<Record<keyof Grants, readonly string[] | undefined>> = {}
  for (const [field, name] of Object.entries(grantFields)) {
    const list = input[field as keyof typeof grantFields]
    if (list !== undefined) grants[name] = list === null ? undefined : [...new Set(list.map(spellings[name]))]
  }
  return grants
}

const spellings: Readonly<Record<keyof Grants, (entry: string) => string>> = {
  models: (pattern) => pattern,
  operations: (pattern) => pattern,
  origins: toOrigin,
  ipRanges(text) {
    const range = parseIpRange(text)
    return range === undefined ? text : toRangeText(range)
  },
}
