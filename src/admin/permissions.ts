import type { Role } from '../storage/people-store.ts'

/** The objects that a role reaches: all of them, or only the keys that belong to the person. */
export type Reach = 'all' | 'own'

/** The roles that have each permission, with their reach. A role that is not listed is refused. */
const permissions = {
  /** Its own session. */
  self: { owner: 'all', admin: 'all', viewer: 'all', member: 'own' },
  read: { owner: 'all', admin: 'all', viewer: 'all' },
  readKeys: { owner: 'all', admin: 'all', viewer: 'all', member: 'own' },
  rotateKeys: { owner: 'all', admin: 'all', member: 'own' },
  change: { owner: 'all', admin: 'all' },
} as const satisfies Readonly<Record<string, Partial<Readonly<Record<Role, Reach>>>>>

export type Permission = keyof typeof permissions

/** Returns what a role reaches with a permission; undefined for nothing, also with an unknown permission. */
export function reachOf(permission: Permission, role: Role): Reach | undefined {
  const roles: Partial<Readonly<Record<Role, Reach>>> | undefined = permissions[permission]
  return roles?.[role]
}

/** True if a person with role `actor` may create, change and delete people with the other role. */
export function mayManage(actor: Role, other: Role): boolean {
  return actor === 'owner' || (actor === 'admin' && (other === 'viewer' || other === 'member'))
}
