import { GatewayError } from '../../core/errors.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { Keys, Metering, Ports, Storage } from './ports.ts'

/** The stores, or GatewayError `storage_not_configured`. */
export function requireStorage({ storage }: Pick<Ports, 'storage'>): Storage {
  if (storage !== undefined) return storage
  throw storageNotConfigured()
}

/** The place for pictures, or GatewayError `storage_not_configured`. */
export function requireBlobs(ports: Pick<Ports, 'storage'>): BlobStore {
  const { blobs } = requireStorage(ports)
  if (blobs !== undefined) return blobs
  throw new GatewayError(
    'storage_not_configured',
    'This server keeps no pictures: no R2 bucket is bound as IMAGES. `npm run deploy -- --r2` binds one.',
  )
}

/** The virtual keys, or GatewayError `storage_not_configured`. */
export function requireKeys({ keys }: Pick<Ports, 'keys'>): Keys {
  if (keys !== undefined) return keys
  throw storageNotConfigured()
}

/** The ledger with its usage and prices, or GatewayError `storage_not_configured`. */
export function requireMetering({ metering, keys }: Pick<Ports, 'metering' | 'keys'>): Metering {
  if (metering !== undefined) return metering
  if (keys === undefined) throw storageNotConfigured()
  throw new GatewayError(
    'storage_not_configured',
    'This server keeps no books. Remove METERING=false, or on Workers add the binding LEDGER.',
  )
}

export function storageNotConfigured(): GatewayError {
  return new GatewayError(
    'storage_not_configured',
    'This server keeps nothing. Set STORAGE_PATH to a folder on Node, or add the binding DB on Workers.',
  )
}
