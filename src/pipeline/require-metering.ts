import { GatewayError } from '../core/errors.ts'
import type { Metering } from './metering.ts'
import type { Ports } from './ports.ts'
import { storageNotConfigured } from './require-storage.ts'

/** The books, or GatewayError `storage_not_configured`. */
export function requireMetering({ metering, keys }: Pick<Ports, 'metering' | 'keys'>): Metering {
  if (metering !== undefined) return metering
  if (keys === undefined) throw storageNotConfigured()
  throw new GatewayError(
    'storage_not_configured',
    'This server keeps no books. Remove METERING=false, or on Workers add the binding LEDGER.',
  )
}
