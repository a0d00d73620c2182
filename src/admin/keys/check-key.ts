import { GatewayError } from '../../core/errors.ts'
import type { Limits } from '../../metering/limits.ts'
import type { ApiKey, Grants, KeyWithAncestors } from '../../storage/key-store.ts'
import { refuse } from './field-problem.ts'
import { findExcess, findRepeated } from './find-excess.ts'
import { findExcessGrant } from './find-excess-grant.ts'

/** What is new about a key. What is left out was checked when it was set. */
export interface Proposal {
  readonly grants: Partial<Grants>
  readonly limits: Limits | undefined
  readonly perUser: Limits | undefined
  readonly expiresAt: number | undefined
}

/** A key, its parent and so on. Since no key changes its parent, none becomes its own ancestor. */
const levelLimit = 8

/**
 * Refuses limits that contradict each other, and whatever is more than a key above may do (S35). Keys above that are narrowed later are
 * not asked about their children here: every call asks all of them again. Throws GatewayError `invalid_value`.
 */
export function checkKey(
  proposal: Proposal,
  known: Pick<ApiKey, 'limits' | 'perUser'>,
  above: readonly ApiKey[],
): void {
  const { grants, limits, perUser, expiresAt } = proposal
  if (limits !== undefined) checkAlone(limits, 'limits')
  if (perUser !== undefined) checkAlone(perUser, 'per_user')
  checkUsers(proposal, known)
  for (const key of above) {
    const owner = `of the key above it (${key.id})`
    refuse(findExcessGrant(grants, key.grants, owner))
    if (limits !== undefined) refuse(findExcess(limits, 'limits', { limits: key.limits, owner }))
    if (expiresAt !== undefined && key.expiresAt !== undefined && expiresAt > key.expiresAt) {
      const most = new Date(key.expiresAt).toISOString()
      refuse({ path: 'expires_at', message: `must not be after ${most}, which is \`expires_at\` ${owner}` })
    }
  }
}

/** The keys above a new one, its parent first. Throws GatewayError `invalid_value` where it cannot be below that parent. */
export function checkParent(parent: KeyWithAncestors | undefined): readonly ApiKey[] {
  if (parent === undefined) throw refused('names a key that does not exist')
  const above = [parent.key, ...parent.ancestors]
  if (above.length < levelLimit) return above
  throw refused(`names a key of the lowest level: it has ${levelLimit - 1} keys above it`)
}

function checkAlone(limits: Limits, path: string): void {
  refuse(findRepeated(limits, path))
  refuse(findExcess(limits, path))
}

/** One user cannot have more than all of them together. */
function checkUsers({ limits, perUser }: Proposal, known: Pick<ApiKey, 'limits' | 'perUser'>): void {
  if (limits === undefined && perUser === undefined) return
  const users = perUser ?? known.perUser
  const bound = { limits: limits ?? known.limits, owner: 'of `limits`' }
  if (users !== undefined) refuse(findExcess(users, 'per_user', bound))
}

function refused(message: string): GatewayError {
  return new GatewayError('invalid_value', `parent_id ${message}.`, { param: 'parent_id' })
}
