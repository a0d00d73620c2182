import type { DemoReply, Frame } from '../demo-call.ts'

/** A body of server-sent events. */
export function toEventReply(frames: Iterable<Frame>): DemoReply {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    frames,
  }
}
