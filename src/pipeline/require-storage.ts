import { GatewayError } from '../core/errors.ts'
import type { Ports, Storage } from './ports.ts'

/** The stores, or GatewayError `storage_not_configured`. */
export function requireStorage({ storage }: Ports): Storage {
  if (storage !== undefined) return storage
  throw storageNotConfigured()
}

export function storageNotConfigured(): GatewayError {
  return new GatewayError(
    'storage_not_configured',
    'This server keeps nothing. Set STORAGE_PATH to a folder on Node, or add the bindings DB and IMAGES on Workers.',
  )
}
