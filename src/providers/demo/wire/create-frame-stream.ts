import type { Signal } from '../../../core/abort-switch.ts'
import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Frame } from '../demo-call.ts'
import { toAbortError } from './to-abort-error.ts'

interface FrameStreamOptions {
  readonly clock: Clock
  readonly signal: Signal
  /** Milliseconds before each frame that rests; 0 writes as fast as the sink takes it. */
  readonly restMs: number
}

/** The body of a reply: frames are made one at a time, only when the sink wants them and the pace allows. */
export function createFrameStream(frames: Iterable<Frame>, options: FrameStreamOptions): ByteStream {
  const { clock, signal, restMs } = options
  const encoder = new TextEncoder()
  const iterator: Iterator<Frame, undefined> = frames[Symbol.iterator]()
  let sink: ByteSink | undefined
  let next: Frame | undefined
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
    const rested = next
    next = undefined
    const frame = rested ?? iterator.next().value
    if (frame === undefined) {
      stop()
      to.end()
    } else if (frame.rests && restMs > 0 && rested === undefined) {
      next = frame
      stopTimer = clock.after(restMs, wake)
    } else {
      write(frame, to)
    }
  }

  function write({ data }: Frame, to: ByteSink): void {
    // Paused first, so that a resume() from within write() is not lost.
    isPaused = true
    if (to.write(typeof data === 'string' ? encoder.encode(data) : data)) isPaused = false
  }

  function wake(): void {
    stopTimer = undefined
    pump()
  }

  function stop(): void {
    isOver = true
    stopTimer?.()
    stopTimer = undefined
    signal.removeEventListener('abort', giveUp)
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
