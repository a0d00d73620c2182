interface BufferClass {
  isBuffer(bytes: Uint8Array): boolean
  from(memory: ArrayBufferLike, offset: number, length: number): Uint8Array
}

const { Buffer } = globalThis as { Buffer?: BufferClass }

/**
 * The same memory, to be searched with `indexOf(byte)`. Node's `Buffer` uses `memchr`: 0.5 µs for 47 KB, where `Uint8Array` looks at each byte and
 * takes 13 µs (Node 24). A platform without `Buffer` gets its bytes back.
 */
export function toSearchable(bytes: Uint8Array): Uint8Array {
  if (Buffer === undefined || Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
