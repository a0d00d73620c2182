import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import type { StreamWatch } from './watch-stream.ts'

/** A stream on its way, that can lose its reader. */
export interface Leavable {
  readonly source: ByteStream
  /** Undefined before the start, and while nobody reads any more. */
  sink: ByteSink | undefined
  hasStarted: boolean
  watch: StreamWatch | undefined
}

/** Reads a stream on whose reader has left (R03), as fast as it comes and within the attempt's time. `start` starts its source. */
export function readOn(passage: Leavable, start: () => void): void {
  passage.sink = undefined
  passage.watch?.stop()
  passage.watch = undefined
  if (passage.hasStarted) passage.source.resume()
  else start()
}
