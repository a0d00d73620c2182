import { inflateRawSync } from 'node:zlib'

const endMark = 0x06054b50
const entryMark = 0x02014b50

/**
 * Reads one file of a Python wheel, a ZIP archive. Uses the central directory at its end, because only that has the
 * sizes.
 */
export function readWheelFile(wheel: Buffer, path: string): string {
  const end = wheel.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || wheel.readUInt32LE(end) !== endMark)
    throw new Error('This file is not a wheel: its ZIP directory is missing.')
  let at = wheel.readUInt32LE(end + 16)
  while (wheel.readUInt32LE(at) === entryMark) {
    const method = wheel.readUInt16LE(at + 10)
    const size = wheel.readUInt32LE(at + 20)
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => wheel.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    const nameAt = at + 46
    if (wheel.toString('utf8', nameAt, nameAt + nameLength) === path) {
      const local = wheel.readUInt32LE(at + 42)
      const start = local + 30 + wheel.readUInt16LE(local + 26) + wheel.readUInt16LE(local + 28)
      const data = wheel.subarray(start, start + size)
      return (method === 0 ? data : inflateRawSync(data)).toString('utf8')
    }
    at = nameAt + nameLength + extraLength + commentLength
  }
  throw new Error(`The wheel lacks ${path}.`)
}
