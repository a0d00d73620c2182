import type { Signal } from '../../core/abort-switch.ts'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import type { ProviderContext } from '../provider.ts'

/** A chunk of a body. */
export interface Frame {
  readonly data: string | Uint8Array
  /** True if a human-paced stream pauses before this chunk. */
  readonly pauses: boolean
}

export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Generated while it is read, and read once. */
  readonly frames: Iterable<Frame>
}

export function toTextReply(contentType: string, data: string, status = 200): Reply {
  return { status, headers: { 'content-type': contentType }, frames: [{ data, pauses: false }] }
}

export function toJsonReply(value: unknown): Reply {
  return toTextReply('application/json', JSON.stringify(value))
}

/** Returns a body of server-sent events. */
export function toEventReply(frames: Iterable<Frame>): Reply {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers, frames }
}

/** Returns an event of the completions endpoints, which have only `data:` lines. */
export function toDataEvent(value: unknown, pauses = false): Frame {
  return { data: `data: ${JSON.stringify(value)}\n\n`, pauses }
}

/** Returns an event of the endpoints that name their events: the `event:` line repeats the `type` field. */
export function toTypedEvent(value: TypedEvent, pauses = false): Frame {
  return { data: `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`, pauses }
}

export interface TypedEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** Yields the first half of a body, then fails like a broken connection. */
export function* cutFrames(frames: Iterable<Frame>): Generator<Frame> {
  const whole = [...frames]
  const [only] = whole
  if (whole.length > 1) yield* whole.slice(0, Math.floor(whole.length / 2))
  else if (only !== undefined) yield { ...only, data: only.data.slice(0, Math.floor(only.data.length / 2)) }
  throw new GatewayError(
    'upstream_interrupted',
    'The demo provider broke off in the middle, as the model name requests.',
  )
}

/** Returns the reason of an abort if it is one of Weir's, else a GatewayError with it as cause. */
export function toAbortError({ reason }: Signal): GatewayError {
  if (reason instanceof GatewayError) return reason
  return new GatewayError('upstream_unreachable', 'The call was aborted before the demo provider had finished.', {
    cause: reason,
  })
}

/**
 * Streams the frames as a body. Generates a frame only when the sink accepts it, and waits `pauseMs` before each frame
 * that pauses.
 */
export function toFrameStream(
  frames: Iterable<Frame>,
  pauseMs: number,
  { clock, signal }: Pick<ProviderContext, 'clock' | 'signal'>,
): ByteStream {
  const encoder = new TextEncoder()
  const iterator: Iterator<Frame, undefined> = frames[Symbol.iterator]()
  let sink: ByteSink | undefined
  let pausedFrame: Frame | undefined
  let stopTimer: (() => void) | undefined
  let isFinished = false
  let isPaused = false
  let isPumping = false

  function pump(): void {
    // A sink may call resume() from within write().
    if (isPumping || sink === undefined) return
    isPumping = true
    try {
      while (!isFinished && !isPaused && stopTimer === undefined) step(sink)
    } catch (error) {
      if (!isFinished) {
        stop()
        sink.fail(error)
      }
    } finally {
      isPumping = false
    }
  }

  function step(to: ByteSink): void {
    const frame = pausedFrame ?? iterator.next().value
    if (frame === undefined) {
      stop()
      to.end()
    } else if (frame.pauses && pauseMs > 0 && frame !== pausedFrame) {
      pausedFrame = frame
      stopTimer = clock.after(pauseMs, () => {
        stopTimer = undefined
        pump()
      })
    } else {
      pausedFrame = undefined
      // Set before write(): a resume() from within write() must not be lost.
      isPaused = true
      if (to.write(typeof frame.data === 'string' ? encoder.encode(frame.data) : frame.data)) isPaused = false
    }
  }

  function stop(): void {
    isFinished = true
    stopTimer?.()
    stopTimer = undefined
  }

  function abort(): void {
    if (isFinished) return
    stop()
    sink?.fail(toAbortError(signal))
  }

  return {
    start(target) {
      if (isFinished) return
      sink = target
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort)
      pump()
    },
    resume() {
      isPaused = false
      pump()
    },
    cancel: stop,
  }
}
