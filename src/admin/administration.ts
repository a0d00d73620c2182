import type { Ports } from '../pipeline/call/ports.ts'
import type { AdminSecretStore } from '../storage/admin-secret-store.ts'
import type { AuditLog } from '../storage/audit-log.ts'
import type { AdminThrottle } from './throttle.ts'

/** What opens the admin API beside ADMIN_TOKEN, and where its changes are noted. */
export interface Administration {
  /** As whom its changes are noted. */
  readonly actor: 'admin' | 'cli'
  /** Where this server keeps the hash of a secret of its own; undefined where ADMIN_TOKEN alone opens the admin API. */
  readonly secret: AdminSecretStore | undefined
  /** Undefined where nothing is kept. */
  readonly audit: AuditLog | undefined
  readonly throttle: AdminThrottle
}

/** Who administers. */
export interface Administrator {
  readonly actor: Administration['actor']
  /** Where the request comes from; undefined where that is not known. */
  readonly address: string | undefined
}

/** The outside world of an administrator: that of a call, and the guard of the admin API. */
export interface AdminPorts extends Ports {
  readonly admin: Administration
}
