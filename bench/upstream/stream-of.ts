import { createFrames } from './create-frames.ts'
import { createMessageFrames } from './create-message-events.ts'

/** One stream as the bytes of an HTTP/1.1 response. */
export interface Frames {
  readonly head: Buffer
  /** One event per chunk. */
  readonly chunks: readonly Buffer[]
  readonly end: Buffer
}

export interface Stream {
  readonly frames: Frames
  /** The whole response in one buffer. */
  readonly whole: Buffer
}

const head = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_bench\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n',
)
const end = Buffer.from('0\r\n\r\n')
const messageStreams = new Map<number, Buffer>()
const streams = new Map<string, Stream>()

/** Returns the stream of `count` events, which is created at its first use. */
export function streamOf(count: number, includesUsage: boolean): Stream {
  const name = `${count} ${includesUsage}`
  const known = streams.get(name)
  if (known !== undefined) return known
  const { chunks } = createFrames(count, includesUsage)
  const stream = { frames: { head, chunks, end }, whole: Buffer.concat([head, ...chunks, end]) }
  streams.set(name, stream)
  return stream
}

/** Returns a stream of Messages as one buffer, which is created at its first use. */
export function messageStreamOf(count: number): Buffer {
  const known = messageStreams.get(count)
  if (known !== undefined) return known
  const whole = Buffer.concat([head, ...createMessageFrames(count).chunks, end])
  messageStreams.set(count, whole)
  return whole
}
