import type { Ports } from '../pipeline/call/ports.ts'
import type { AdminSecretStore } from '../storage/admin-secret-store.ts'
import type { AdminSessionStore } from '../storage/admin-session-store.ts'
import type { AuditLog } from '../storage/audit-log.ts'
import type { LinkStore } from '../storage/link-store.ts'
import type { PeopleStore, Person, Role } from '../storage/people-store.ts'
import type { AdminThrottle } from './throttle.ts'

/** The stored secret of the admin API, its people, its throttles and the audit log. */
export interface Administration {
  /** The author of changes in the audit log. */
  readonly actor: 'admin' | 'cli'
  /** Stores the hash of the generated secret; undefined if only ADMIN_TOKEN opens the admin API. */
  readonly secret: AdminSecretStore | undefined
  /** Undefined without storage. */
  readonly audit: AuditLog | undefined
  /** Undefined without storage: then there are no people, sessions and links. */
  readonly people?: PeopleStores | undefined
  /** Throttles guesses at the admin secret. */
  readonly throttle: AdminThrottle
  readonly erasure: ErasureLimits
  /** Throttles failed sign-ins at the OpenID provider and failed claims of links, by address alone. */
  readonly guestThrottle: AdminThrottle
}

/** How much one request to erase an end user may do. */
export interface ErasureLimits {
  /** Maximum number of statements and of deleted images. The next request continues. */
  readonly maxStatements: number
  /** Maximum number of records that one transaction renames. */
  readonly recordsPerStep: number
}

export interface PeopleStores {
  readonly people: PeopleStore
  readonly sessions: AdminSessionStore
  readonly links: LinkStore
}

/** The author of a change. */
export interface Administrator {
  readonly actor: Administration['actor']
  /** IP address of the request; undefined if unknown. */
  readonly address: string | undefined
  /** The admin secret and the command line act as owner. */
  readonly role: Role
  /** Undefined for the admin secret and the command line. */
  readonly person: Person | undefined
  /** Undefined if the request had the admin secret itself. */
  readonly session: SignedInSession | undefined
}

/** The session of a request. */
export interface SignedInSession {
  readonly hash: string
  readonly expiresAt: number
}

/** The ports of a call, with those of administration. */
export interface AdminPorts extends Ports {
  readonly admin: Administration
}

/** Returns the name of an author for the audit log: the person's, or `admin secret` or `cli`. */
export function nameOf({ actor, person }: Pick<Administrator, 'actor' | 'person'>): string {
  return person?.name ?? (actor === 'cli' ? 'cli' : 'admin secret')
}
