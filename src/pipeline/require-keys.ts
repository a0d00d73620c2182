import type { Keys, Ports } from './ports.ts'
import { storageNotConfigured } from './require-storage.ts'

/** The keys, or GatewayError `storage_not_configured`. */
export function requireKeys({ keys }: Pick<Ports, 'keys'>): Keys {
  if (keys !== undefined) return keys
  throw storageNotConfigured()
}
