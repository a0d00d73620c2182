interface BufferClass {
  isBuffer(bytes: Uint8Array): boolean
  from(memory: ArrayBufferLike, offset: number, length: number): Uint8Array
}

const { Buffer } = globalThis as { Buffer?: BufferClass }

/**
 * Returns the same memory in a form that `indexOf(byte)` searches fast. Node's `Buffer` uses `memchr`: 0.5 µs for
 * 47 KB, against 13 µs of `Uint8Array`, which tests each byte (Node 24). Without `Buffer`, returns `bytes` itself.
 */
export function toSearchable(bytes: Uint8Array): Uint8Array {
  if (Buffer === undefined || Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
