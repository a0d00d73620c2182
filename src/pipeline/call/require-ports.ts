import { GatewayError } from '../../core/errors.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { Keys, Metering, Ports, Storage } from './ports.ts'

/** Returns the stores, or throws GatewayError `storage_not_configured`. */
export function requireStorage({ storage }: Pick<Ports, 'storage'>): Storage {
  if (storage !== undefined) return storage
  throw storageNotConfigured()
}

/** Returns the image storage, or throws GatewayError `storage_not_configured`. */
export function requireBlobs(ports: Pick<Ports, 'storage'>): BlobStore {
  const { blobs } = requireStorage(ports)
  if (blobs !== undefined) return blobs
  throw new GatewayError(
    'storage_not_configured',
    'Image storage is off on this server. Bind an R2 bucket as IMAGES with `npm run deploy -- --r2`.',
  )
}

/** Returns the virtual keys, or throws GatewayError `storage_not_configured`. */
export function requireKeys({ keys }: Pick<Ports, 'keys'>): Keys {
  if (keys !== undefined) return keys
  throw storageNotConfigured()
}

/** Returns the ledger with its usage and prices, or throws GatewayError `storage_not_configured`. */
export function requireMetering({ metering, keys }: Pick<Ports, 'metering' | 'keys'>): Metering {
  if (metering !== undefined) return metering
  if (keys === undefined) throw storageNotConfigured()
  throw new GatewayError(
    'storage_not_configured',
    'Metering is off on this server. Remove METERING=false, or on Workers add the binding LEDGER.',
  )
}

export function storageNotConfigured(): GatewayError {
  return new GatewayError(
    'storage_not_configured',
    'Storage is off on this server. Set STORAGE_PATH to a folder on Node, or add the binding DB on Workers.',
  )
}
