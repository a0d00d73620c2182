const headerBytes = 44
const sampleBytes = 2

/** A WAV file of one channel of 16-bit samples. */
export function encodeWav(samples: Int16Array, sampleRate: number): Uint8Array {
  const dataBytes = samples.length * sampleBytes
  const view = new DataView(new ArrayBuffer(headerBytes + dataBytes))
  writeTag(view, 0, 'RIFF')
  view.setUint32(4, headerBytes - 8 + dataBytes, true)
  writeTag(view, 8, 'WAVE')
  writeTag(view, 12, 'fmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * sampleBytes, true)
  view.setUint16(32, sampleBytes, true)
  view.setUint16(34, 8 * sampleBytes, true)
  writeTag(view, 36, 'data')
  view.setUint32(40, dataBytes, true)
  for (const [index, sample] of samples.entries()) view.setInt16(headerBytes + index * sampleBytes, sample, true)
  return new Uint8Array(view.buffer)
}

function writeTag(view: DataView, at: number, tag: string): void {
  for (let index = 0; index < tag.length; index += 1) view.setUint8(at + index, tag.charCodeAt(index))
}
