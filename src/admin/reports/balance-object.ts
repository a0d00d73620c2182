import { toUsdText } from '../../core/usd.ts'
import type { Balance } from '../../storage/ledger/ledger.ts'
import { nothingSpent } from '../../storage/ledger/read-account.ts'
import type { BalanceObject } from './report-schemas.ts'

/** The balance of a key in a response; zeros for a key that was never used. */
export function toBalanceObject(keyId: string, balance: Balance = nothingSpent): BalanceObject {
  return {
    object: 'balance',
    key_id: keyId,
    spent_usd: toUsdText(balance.spentNano),
    reserved_usd: toUsdText(balance.reservedNano),
    day_usd: toUsdText(balance.dayNano),
    week_usd: toUsdText(balance.weekNano),
    month_usd: toUsdText(balance.monthNano),
    open_calls: balance.calls,
    open_streams: balance.streams,
  }
}
