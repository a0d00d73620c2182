import { type BufferShare, Buffers } from '../../src/core/buffers.ts'

/** Opens a share of a new buffer account. */
export function openShare(maxBytes = 134_217_728): BufferShare {
  return new Buffers(maxBytes).open()
}
