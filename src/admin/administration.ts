import type { Ports } from '../pipeline/call/ports.ts'
import type { AdminSecretStore } from '../storage/admin-secret-store.ts'
import type { AuditLog } from '../storage/audit-log.ts'
import type { AdminThrottle } from './throttle.ts'

/** The secret of the admin API beside ADMIN_TOKEN, its guard against guesses, and the log of its changes. */
export interface Administration {
  /** The author of its changes in the audit log. */
  readonly actor: 'admin' | 'cli'
  /** Holds the hash of the secret that Weir made; undefined where ADMIN_TOKEN alone opens the admin API. */
  readonly secret: AdminSecretStore | undefined
  /** Undefined where nothing is stored. */
  readonly audit: AuditLog | undefined
  readonly throttle: AdminThrottle
}

/** The author of a change. */
export interface Administrator {
  readonly actor: Administration['actor']
  /** The source of the request; undefined where that is not known. */
  readonly address: string | undefined
}

/** The ports of a call, and those of administration. */
export interface AdminPorts extends Ports {
  readonly admin: Administration
}
