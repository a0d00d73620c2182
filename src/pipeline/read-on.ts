import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import type { Attempt } from './start-attempt.ts'
import type { StreamWatch } from './watch-stream.ts'

/** A stream on its way, that can lose its reader. */
export interface Leavable {
  readonly source: ByteStream
  /** Undefined before the start, and while nobody reads any more. */
  sink: ByteSink | undefined
  hasStarted: boolean
  watch: StreamWatch | undefined
  readonly options: { readonly attempt: Attempt }
}

/** What becomes of a stream without a reader. */
export interface LeavingSteps<Passage extends Leavable> {
  startSource(passage: Passage): void
  settle(passage: Passage, outcome: 'client_gone'): void
}

/**
 * Nobody reads any more. What the provider will ask for all the same is read on, so that its count is known (R03); everything else is settled
 * and cancelled.
 */
export function leave<Passage extends Leavable>(passage: Passage, reason: unknown, steps: LeavingSteps<Passage>): void {
  if (passage.options.attempt.outlivesCaller()) {
    readOn(passage, steps)
    return
  }
  steps.settle(passage, 'client_gone')
  passage.source.cancel(reason)
}

/** As fast as it comes, and within the attempt's time. */
function readOn<Passage extends Leavable>(passage: Passage, { startSource }: LeavingSteps<Passage>): void {
  passage.sink = undefined
  passage.watch?.stop()
  passage.watch = undefined
  if (passage.hasStarted) passage.source.resume()
  else startSource(passage)
}
