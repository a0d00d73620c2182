import { createFrames } from './create-frames.ts'

/** One stream as the bytes of an HTTP/1.1 answer. */
export interface Frames {
  readonly head: Buffer
  /** An event each. */
  readonly chunks: readonly Buffer[]
  readonly end: Buffer
}

export interface Stream {
  readonly frames: Frames
  /** All of it in one piece. */
  readonly whole: Buffer
}

const head = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_bench\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n',
)
const end = Buffer.from('0\r\n\r\n')
const streams = new Map<string, Stream>()

/** The stream of so many events, made when it is first asked for. */
export function streamOf(count: number, includesUsage: boolean): Stream {
  const name = `${count} ${includesUsage}`
  const known = streams.get(name)
  if (known !== undefined) return known
  const { chunks } = createFrames(count, includesUsage)
  const stream = { frames: { head, chunks, end }, whole: Buffer.concat([head, ...chunks, end]) }
  streams.set(name, stream)
  return stream
}
