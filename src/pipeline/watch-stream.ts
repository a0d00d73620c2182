import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'

/** Milliseconds; `heartbeatMs` 0 sends none. */
export interface WatchLimits {
  /** Until the first content. */
  readonly firstByteMs: number
  /** Between two contents. Comments of the upstream are no content: a stalled provider may send them for ever (R15). */
  readonly idleMs: number
  /** What is left of the whole. */
  readonly totalMs: number
  readonly heartbeatMs: number
  /** The longest that the reader may take nothing (R09). */
  readonly stalledReaderMs: number
}

export interface WatchActions {
  /** Called when a limit has run out; the watch is over then. */
  expire(error: GatewayError): void
  /** Called when nothing was written for `heartbeatMs`. */
  beat(): void
}

/** Keeps the times of one stream with one timer, however many chunks pass. */
export interface StreamWatch {
  sawContent(): void
  sawWrite(): void
  /** The reader takes nothing more for now; the upstream's silence is not its fault until `resumed`. */
  paused(): void
  resumed(): void
  stop(): void
}

export function watchStream(limits: WatchLimits, actions: WatchActions, clock: Clock): StreamWatch {
  const startedAt = clock.monotonicMs()
  let contentAt: number | undefined
  let resumedAt = startedAt
  let writtenAt = startedAt
  let pausedAt: number | undefined
  let cancelTimer = () => {}

  function deadlines(): readonly Deadline[] {
    const list: Deadline[] = [
      { at: startedAt + limits.totalMs, run: () => actions.expire(expired('total', limits.totalMs)) },
    ]
    if (pausedAt !== undefined) {
      return [
        ...list,
        { at: pausedAt + limits.stalledReaderMs, run: () => actions.expire(readerStalled(limits.stalledReaderMs)) },
      ]
    }
    if (limits.heartbeatMs > 0) list.push({ at: writtenAt + limits.heartbeatMs, run: beat })
    const quietSince = Math.max(contentAt ?? startedAt, resumedAt)
    const kind = contentAt === undefined ? 'first_byte' : 'idle'
    const limitMs = contentAt === undefined ? limits.firstByteMs : limits.idleMs
    list.push({ at: quietSince + limitMs, run: () => actions.expire(expired(kind, limitMs)) })
    return list
  }

  function beat(): void {
    writtenAt = clock.monotonicMs()
    actions.beat()
    arm()
  }

  function arm(): void {
    cancelTimer()
    const next = earliest(deadlines())
    cancelTimer = clock.after(Math.max(0, next.at - clock.monotonicMs()), check)
  }

  /** The deadlines have moved on with each chunk; only here is it seen by how much. */
  function check(): void {
    const next = earliest(deadlines())
    if (next.at <= clock.monotonicMs()) next.run()
    else arm()
  }

  arm()
  return {
    sawContent() {
      const isFirst = contentAt === undefined
      contentAt = clock.monotonicMs()
      writtenAt = contentAt
      // From here the idle limit counts, which may be shorter than what the timer was set for.
      if (isFirst) arm()
    },
    sawWrite() {
      writtenAt = clock.monotonicMs()
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
    stop: () => cancelTimer(),
  }
}

interface Deadline {
  readonly at: number
  readonly run: () => void
}

function earliest(deadlines: readonly Deadline[]): Deadline {
  return deadlines.reduce((first, deadline) => (deadline.at < first.at ? deadline : first))
}

const phrases = { first_byte: 'sent no content', idle: 'sent no more content', total: 'did not finish' } as const

function expired(kind: keyof typeof phrases, limitMs: number): GatewayError {
  return new GatewayError(`upstream_${kind}_timeout`, `The provider ${phrases[kind]} within ${limitMs / 1000} s.`)
}

/** The reader never sees it; it is for the log. */
function readerStalled(limitMs: number): GatewayError {
  return new GatewayError('request_timeout', `The caller read nothing for ${limitMs / 1000} s.`)
}
