import type { Signal } from '../../core/abort-switch.ts'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import type { ProviderContext } from '../provider.ts'

/** A piece of a body. */
export interface Frame {
  readonly data: string | Uint8Array
  /** True where a human-paced stream rests before this piece. */
  readonly rests: boolean
}

export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Made as it is read, and read once. */
  readonly frames: Iterable<Frame>
}

export function toTextReply(contentType: string, data: string, status = 200): Reply {
  return { status, headers: { 'content-type': contentType }, frames: [{ data, rests: false }] }
}

export function toJsonReply(value: unknown): Reply {
  return toTextReply('application/json', JSON.stringify(value))
}

/** A body of server-sent events. */
export function toEventReply(frames: Iterable<Frame>): Reply {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers, frames }
}

/** An event of the completions endpoints, which have `data:` lines only. */
export function toDataEvent(value: unknown, rests = false): Frame {
  return { data: `data: ${JSON.stringify(value)}\n\n`, rests }
}

/** An event of the endpoints that name their events: the `type` field is repeated in the `event:` line. */
export function toTypedEvent(value: TypedEvent, rests = false): Frame {
  return { data: `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`, rests }
}

export interface TypedEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** The first half of a body, then a connection that broke. */
export function* cutFrames(frames: Iterable<Frame>): Generator<Frame> {
  const whole = [...frames]
  const [only] = whole
  if (whole.length > 1) yield* whole.slice(0, Math.floor(whole.length / 2))
  else if (only !== undefined) yield { ...only, data: only.data.slice(0, Math.floor(only.data.length / 2)) }
  throw new GatewayError('upstream_interrupted', 'The demo provider broke off in the middle, as its model name asked.')
}

/** Why a call was given up: the reason of the abort, where it is one of Weir's. */
export function toAbortError({ reason }: Signal): GatewayError {
  if (reason instanceof GatewayError) return reason
  return new GatewayError('upstream_unreachable', 'The call was given up before the demo provider had finished.', {
    cause: reason,
  })
}

/** The frames as a body: made one at a time, only when the sink wants them and `restMs` before each frame that rests has passed. */
export function toFrameStream(
  frames: Iterable<Frame>,
  restMs: number,
  { clock, signal }: Pick<ProviderContext, 'clock' | 'signal'>,
): ByteStream {
  const encoder = new TextEncoder()
  const iterator: Iterator<Frame, undefined> = frames[Symbol.iterator]()
  let sink: ByteSink | undefined
  let rested: Frame | undefined
  let stopTimer: (() => void) | undefined
  let isOver = false
  let isPaused = false
  let isPumping = false

  function pump(): void {
    // A sink may call resume() from within write().
    if (isPumping || sink === undefined) return
    isPumping = true
    try {
      while (!isOver && !isPaused && stopTimer === undefined) step(sink)
    } catch (error) {
      if (!isOver) {
        stop()
        sink.fail(error)
      }
    } finally {
      isPumping = false
    }
  }

  function step(to: ByteSink): void {
    const frame = rested ?? iterator.next().value
    if (frame === undefined) {
      stop()
      to.end()
    } else if (frame.rests && restMs > 0 && frame !== rested) {
      rested = frame
      stopTimer = clock.after(restMs, () => {
        stopTimer = undefined
        pump()
      })
    } else {
      rested = undefined
      // Paused first: a resume() from within write() must not be lost.
      isPaused = true
      if (to.write(typeof frame.data === 'string' ? encoder.encode(frame.data) : frame.data)) isPaused = false
    }
  }

  function stop(): void {
    isOver = true
    stopTimer?.()
    stopTimer = undefined
  }

  function giveUp(): void {
    if (isOver) return
    stop()
    sink?.fail(toAbortError(signal))
  }

  return {
    start(given) {
      if (isOver) return
      sink = given
      if (signal.aborted) return giveUp()
      signal.addEventListener('abort', giveUp)
      pump()
    },
    resume() {
      isPaused = false
      pump()
    },
    cancel: stop,
  }
}
