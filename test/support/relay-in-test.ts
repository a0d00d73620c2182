import { AbortSwitch, type Signal } from '../../src/core/abort-switch.ts'
import { Buffers } from '../../src/core/buffers.ts'
import type { ByteStream } from '../../src/core/byte-stream.ts'
import type { Clock } from '../../src/core/clock.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import { createStreamReader } from '../../src/dialects/stream-reader.ts'
import { Attempt, type Estimate, type Reservation } from '../../src/pipeline/call/attempt.ts'
import type { Call } from '../../src/pipeline/call/call.ts'
import { AttemptDeadline, type Drain } from '../../src/pipeline/stream/attempt-deadline.ts'
import { SecretFilter } from '../../src/pipeline/stream/hide-secrets.ts'
import { relay } from '../../src/pipeline/stream/relay.ts'
import type { Provider } from '../../src/providers/provider.ts'

export interface RelayInTest {
  readonly trace: Call['trace']
  readonly stages: Call['stages']
  readonly clock: Clock
  /** Aborts when the caller has disconnected. */
  readonly caller?: Signal
  readonly isEvents?: boolean
  readonly hidesUsage?: boolean
  readonly drain?: Drain
  readonly maxEventBytes?: number
  readonly maxBufferedBytes?: number
  readonly secrets?: readonly string[]
  readonly defer?: (work: Promise<unknown>) => void
}

const timeouts = { connectMs: 1_000, firstByteMs: 300_000, idleMs: 300_000, totalMs: 3_600_000 }

/** A test relay's time limits in milliseconds. */
export const streams = {
  heartbeatMs: 15_000,
  holdHeadersMs: 5_000,
  stalledReaderMs: 120_000,
  graceMs: 1_000,
  drainMs: 60_000,
}

/** Relays an upstream's stream as `tryTarget` does. */
export function relayInTest(source: ByteStream, options: RelayInTest) {
  const {
    trace,
    stages,
    clock,
    caller = new AbortSwitch(),
    isEvents = true,
    hidesUsage = false,
    drain,
    defer = () => {},
  } = options
  const target = { provider: { id: 'openai', timeouts } as unknown as Provider, model: 'm' }
  let ends = 0
  const reservation: Reservation = {
    headers: {},
    settle() {
      ends += 1
      return undefined
    },
  }
  const attempt = new Attempt(target, {} as Estimate, reservation, clock.monotonicMs(), { trace }, { clock })
  attempt.status = 200
  const deadline = new AttemptDeadline({ caller, timeouts, clock, drain })
  const events = {
    reader: createStreamReader(chatCompletions.events, hidesUsage),
    format: chatCompletions.events,
    clientFormat: chatCompletions.events,
    maxEventBytes: options.maxEventBytes ?? 1_048_576,
    mayOffload: !hidesUsage,
  } as const
  const stream = relay(source, source, {
    attempt,
    deadline,
    timeouts,
    streams,
    clock,
    trace,
    stages,
    secrets: new SecretFilter(options.secrets ?? []),
    share: new Buffers(options.maxBufferedBytes ?? 134_217_728).open(),
    hasLength: false,
    defer,
    events: isEvents ? events : undefined,
  })
  return { attempt, deadline, stream, /** The number of times that the attempt has ended. */ ends: () => ends }
}
