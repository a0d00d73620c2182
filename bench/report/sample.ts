/** What one gateway did in one round of one scenario. */
export interface Sample {
  readonly perSecond: number
  /** Microseconds of CPU a request or stream; undefined for `direct`, and where there is no `/proc`. */
  readonly cpuMicros: number | undefined
  /** The share of the time that the gateway itself was computing. */
  readonly ownShare: number | undefined
  /** The share of the time that its core was busy, with whatever; undefined where processes are not pinned. */
  readonly coreShare: number | undefined
  /** The same of the core of the upstream and the load. */
  readonly restShare: number | undefined
  readonly p50Ms: number
  readonly p99Ms: number
  readonly firstByteP50Ms: number
  readonly firstByteP99Ms: number
  readonly residentMiB: number | undefined
  readonly clean: number
  readonly faulty: number
  /** The longest silence within each clean stream, where they have a pace. */
  readonly gaps: readonly number[]
}
