import { GatewayError } from '../core/errors.ts'
import type { LimitStatus } from '../metering/limit-status.ts'
import type { Caller } from '../pipeline/call/call.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import { requireMetering } from '../pipeline/call/require-ports.ts'
import type { Balance, LedgerRecord } from '../storage/ledger/ledger.ts'
import { nothingSpent } from '../storage/ledger/read-account.ts'

/** The spending of a caller's key, and its limits as they stand. */
export interface AccountState {
  readonly balance: Balance
  /** Its own and those of the keys above it. */
  readonly limits: readonly LimitStatus[]
}

/**
 * The account of one caller's own key. Rejects with GatewayError `storage_not_configured` where metering is off,
 * `generation_not_found` (for another key's call as for none, S31) or `store_unavailable`.
 */
export interface CallerAccount {
  state(): Promise<AccountState>
  /** A call of this key that is over. */
  generation(id: string): Promise<LedgerRecord>
}

export function accountOf({ keyId }: Caller, ports: Pick<Ports, 'metering' | 'keys' | 'clock'>): CallerAccount {
  return {
    async state() {
      const { ledger } = requireMetering(ports)
      const now = ports.clock.now()
      const [balance = nothingSpent, limits] = await Promise.all([
        ledger.balance(keyId, now),
        ledger.limits(keyId, now),
      ])
      return { balance, limits }
    },
    async generation(id) {
      const { usage } = requireMetering(ports)
      const record = /^gen_[0-9a-f]{32}$/.test(id) ? await usage.record(id) : undefined
      if (record?.keyId === keyId) return record
      throw new GatewayError(
        'generation_not_found',
        'This key has made no call with this id. `x-generation-id` of an answer has it, and it is found here once the call is over.',
        { param: 'id' },
      )
    },
  }
}
