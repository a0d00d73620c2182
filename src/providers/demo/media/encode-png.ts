import { concat } from '../../../core/byte-stream.ts'

/** A picture of at most 256 colours. */
export interface IndexedPicture {
  readonly width: number
  readonly height: number
  /** Red, green and blue of each colour. */
  readonly palette: Uint8Array
  /** One colour's number a pixel, row by row. */
  readonly pixels: Uint8Array
  /** What the file says that it was made by. */
  readonly software: string
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const checksumTable = Uint32Array.from({ length: 256 }, (_, byte) => toChecksumEntry(byte))

/** A PNG file (https://www.w3.org/TR/png-3/). Colours by number keep it, and the work of compressing it, a quarter of the size. */
export async function encodePng(picture: IndexedPicture): Promise<Uint8Array> {
  const { width, height, palette, software } = picture
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint8(8, 8)
  header.setUint8(9, 3)
  const chunks = [
    signature,
    toChunk('IHDR', new Uint8Array(header.buffer)),
    toChunk('PLTE', palette),
    toChunk('tEXt', new TextEncoder().encode(`Software\0${software}`)),
    toChunk('IDAT', await deflate(toScanLines(picture))),
    toChunk('IEND', new Uint8Array(0)),
  ]
  return concat(
    chunks,
    chunks.reduce((sum, chunk) => sum + chunk.length, 0),
  )
}

/** Each row begins with the number of its filter: none. */
function toScanLines({ width, height, pixels }: IndexedPicture): Uint8Array<ArrayBuffer> {
  const lines = new Uint8Array((width + 1) * height)
  for (let row = 0; row < height; row += 1) {
    lines.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1)
  }
  return lines
}

/** The zlib format, which is what the web's `deflate` means. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new CompressionStream('deflate')
  const writer = stream.writable.getWriter()
  // A failure shows at the reading end as well.
  const written = Promise.allSettled([writer.write(bytes), writer.close()])
  const reader = stream.readable.getReader()
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    total += value.length
  }
  await written
  return concat(chunks, total)
}

function toChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(data.length + 12)
  const view = new DataView(chunk.buffer)
  view.setUint32(0, data.length)
  chunk.set(new TextEncoder().encode(type), 4)
  chunk.set(data, 8)
  view.setUint32(data.length + 8, toChecksum(chunk.subarray(4, data.length + 8)))
  return chunk
}

/** CRC-32 as in ISO 3309. */
function toChecksum(bytes: Uint8Array): number {
  let checksum = 0xffffffff
  for (const byte of bytes) checksum = (checksumTable[(checksum ^ byte) & 0xff] ?? 0) ^ (checksum >>> 8)
  return (checksum ^ 0xffffffff) >>> 0
}

function toChecksumEntry(byte: number): number {
  let entry = byte
  for (let bit = 0; bit < 8; bit += 1) entry = (entry & 1) === 1 ? 0xedb88320 ^ (entry >>> 1) : entry >>> 1
  return entry
}
