import type { Admin } from '../pipeline/admin/create-admin.ts'

/** What the resolvers for administrators work with. */
export interface AdminGraphqlContext {
  /** Counts: past `limits.operations` of one request it throws GatewayError `query_too_complex`. */
  admin(): Admin
}
