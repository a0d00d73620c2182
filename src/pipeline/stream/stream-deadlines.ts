import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { timedOut } from './attempt-deadline.ts'

/** Milliseconds; `heartbeatMs` 0 disables heartbeats. */
export interface StreamLimits {
  /** Until the first content. */
  readonly firstByteMs: number
  /** Between two contents. The upstream's comments do not count: a stalled provider may send them for ever (R15). */
  readonly idleMs: number
  /** The rest of the total timeout. */
  readonly totalMs: number
  readonly heartbeatMs: number
  /** Maximum time that the client may read nothing (R09). */
  readonly stalledReaderMs: number
}

export interface StreamTimer {
  /** A deadline has passed; no further one is checked. */
  expire(error: GatewayError): void
  /** Nothing was written for `heartbeatMs`. */
  beat(): void
}

/** Tracks the deadlines of one stream with one timer, however many chunks pass. */
export interface StreamDeadlines {
  sawContent(): void
  /** The client accepts nothing for now; until `resumed`, the upstream is not blamed for silence. */
  paused(): void
  resumed(): void
  /** A stage holds an event: until `released`, silence of neither upstream nor client counts. Heartbeats continue. */
  held(): void
  released(): void
  stop(): void
}

export function startStreamDeadlines(limits: StreamLimits, timer: StreamTimer, clock: Clock): StreamDeadlines {
  const startedAt = clock.monotonicMs()
  let contentAt: number | undefined
  let resumedAt = startedAt
  let writtenAt = startedAt
  let pausedAt: number | undefined
  let isHeld = false
  let isStopped = false
  let cancelTimer = () => {}

  /** Returns the earliest deadline. */
  function next(): Deadline {
    const total: Deadline = { at: startedAt + limits.totalMs, kind: 'total' }
    if (pausedAt !== undefined && !isHeld)
      return earlier(total, { at: pausedAt + limits.stalledReaderMs, kind: 'stalled_reader' })
    const first = isHeld ? total : earlier(total, untilContent())
    return limits.heartbeatMs === 0 ? first : earlier(first, { at: writtenAt + limits.heartbeatMs, kind: 'heartbeat' })
  }

  function untilContent(): Deadline {
    const quietSince = Math.max(contentAt ?? startedAt, resumedAt)
    return contentAt === undefined
      ? { at: quietSince + limits.firstByteMs, kind: 'first_byte' }
      : { at: quietSince + limits.idleMs, kind: 'idle' }
  }

  function arm(): void {
    cancelTimer()
    if (isStopped) return
    cancelTimer = clock.after(Math.max(0, next().at - clock.monotonicMs()), check)
  }

  /** Checks the deadlines: each chunk has moved them without touching the timer. */
  function check(): void {
    const { at, kind } = next()
    const now = clock.monotonicMs()
    if (at > now) {
      arm()
      return
    }
    switch (kind) {
      case 'heartbeat':
        writtenAt = now
        timer.beat()
        arm()
        break
      case 'stalled_reader':
        // For the log: the client never receives it.
        timer.expire(
          new GatewayError('request_timeout', `The caller read nothing for ${limits.stalledReaderMs / 1000} s.`),
        )
        break
      case 'first_byte':
        timer.expire(timedOut('upstream_first_byte_timeout', limits.firstByteMs, 'sent no content'))
        break
      case 'idle':
        timer.expire(timedOut('upstream_idle_timeout', limits.idleMs, 'sent no more content'))
        break
      case 'total':
        timer.expire(timedOut('upstream_total_timeout', limits.totalMs, 'did not finish'))
        break
    }
  }

  arm()
  return {
    sawContent() {
      const isFirst = contentAt === undefined
      contentAt = clock.monotonicMs()
      writtenAt = contentAt
      // The idle limit starts here; it may be shorter than the limit that the timer was set for.
      if (isFirst) arm()
    },
    paused() {
      if (pausedAt !== undefined) return
      pausedAt = clock.monotonicMs()
      arm()
    },
    resumed() {
      if (pausedAt === undefined) return
      pausedAt = undefined
      resumedAt = clock.monotonicMs()
      arm()
    },
    held() {
      if (isHeld) return
      isHeld = true
      arm()
    },
    released() {
      if (!isHeld) return
      isHeld = false
      resumedAt = clock.monotonicMs()
      if (pausedAt !== undefined) pausedAt = resumedAt
      arm()
    },
    stop() {
      isStopped = true
      cancelTimer()
    },
  }
}

interface Deadline {
  readonly at: number
  readonly kind: 'total' | 'first_byte' | 'idle' | 'heartbeat' | 'stalled_reader'
}

function earlier(first: Deadline, second: Deadline): Deadline {
  return second.at < first.at ? second : first
}
