import { type BufferShare, Buffers } from '../../src/core/buffers.ts'

/** A share of an account of its own. */
export function openShare(maxBytes = 134_217_728): BufferShare {
  return new Buffers(maxBytes).open()
}
