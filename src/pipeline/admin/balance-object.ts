import type { Balance } from '../../storage/ledger.ts'
import { toUsdText } from '../export/to-usd-text.ts'

/**
 * The spending of a key with all keys below it. USD as strings of at most nine decimals, exactly; days, weeks and
 * months are of UTC.
 */
export interface BalanceObject {
  readonly object: 'balance'
  readonly key_id: string
  readonly spent_usd: string
  /** Set aside for calls that are under way. */
  readonly reserved_usd: string
  readonly day_usd: string
  readonly week_usd: string
  readonly month_usd: string
  /** Under way. */
  readonly open_calls: number
  readonly open_streams: number
}

const nothing: Balance = {
  spentNano: 0,
  reservedNano: 0,
  dayNano: 0,
  weekNano: 0,
  monthNano: 0,
  calls: 0,
  streams: 0,
}

/** A balance on the wire; of a key that was never used, everything is 0. */
export function toBalanceObject(keyId: string, balance: Balance = nothing): BalanceObject {
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
