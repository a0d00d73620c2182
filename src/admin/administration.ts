import type { Ports } from '../pipeline/call/ports.ts'
import type { AdminSecretStore } from '../storage/admin-secret-store.ts'
import type { AuditLog } from '../storage/audit-log.ts'
import type { AdminThrottle } from './throttle.ts'

/** The stored secret of the admin API, its throttle and the audit log. */
export interface Administration {
  /** The author of changes in the audit log. */
  readonly actor: 'admin' | 'cli'
  /** Stores the hash of the generated secret; undefined if only ADMIN_TOKEN opens the admin API. */
  readonly secret: AdminSecretStore | undefined
  /** Undefined without storage. */
  readonly audit: AuditLog | undefined
  readonly throttle: AdminThrottle
  readonly erasure: ErasureLimits
}

/** How much one request to erase an end user may do. */
export interface ErasureLimits {
  /** Maximum number of statements and of deleted images. The next request continues. */
  readonly maxStatements: number
  /** Maximum number of records that one transaction renames. */
  readonly recordsPerStep: number
}

/** The author of a change. */
export interface Administrator {
  readonly actor: Administration['actor']
  /** IP address of the request; undefined if unknown. */
  readonly address: string | undefined
}

/** The ports of a call, with those of administration. */
export interface AdminPorts extends Ports {
  readonly admin: Administration
}
