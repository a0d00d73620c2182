import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { timedOut } from './attempt-deadline.ts'

/** Milliseconds; `heartbeatMs` 0 sends none. */
export interface StreamLimits {
  /** Until the first content. */
  readonly firstByteMs: number
  /** Between two contents. Comments of the upstream are no content: a stalled provider may send them for ever (R15). */
  readonly idleMs: number
  /** The rest of the whole. */
  readonly totalMs: number
  readonly heartbeatMs: number
  /** The longest that the reader may take nothing (R09). */
  readonly stalledReaderMs: number
}

export interface StreamTimer {
  /** A limit has run out; the deadlines are over. */
  expire(error: GatewayError): void
  /** Nothing was written for `heartbeatMs`. */
  beat(): void
}

/** Keeps the times of one stream with one timer, however many chunks pass. */
export interface StreamDeadlines {
  sawContent(): void
  /** The reader takes nothing more for now; the upstream's silence is not its fault until `resumed`. */
  paused(): void
  resumed(): void
  /** A stage holds an event: neither the upstream's silence nor the reader's counts, until `released`. Heartbeats go on. */
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

  /** The deadline that comes first. */
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

  /** The deadlines have moved on with each chunk; only here is it seen by how much. */
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
        // The reader never sees it; it is for the log.
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
      // From here the idle limit counts, which may be shorter than the limit that the timer was set for.
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
