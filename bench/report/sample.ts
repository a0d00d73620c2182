/** What one gateway did in one round of one scenario. */
export interface Sample {
  readonly perSecond: number
  /** Microseconds of CPU a request or stream; undefined for `direct`, and where there is no `/proc`. */
  readonly cpuMicros: number | undefined
  readonly p50Ms: number
  readonly p99Ms: number
  readonly firstByteP50Ms: number
  readonly firstByteP99Ms: number
  readonly residentMiB: number | undefined
  readonly clean: number
  readonly faulty: number
}
