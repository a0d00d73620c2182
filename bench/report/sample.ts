/** The figures of one gateway in one round of one scenario. */
export interface Sample {
  readonly perSecond: number
  /** Microseconds of CPU per request or stream; undefined for `direct`, and without `/proc`. */
  readonly cpuMicros: number | undefined
  /** Share of the time in which the gateway itself used the CPU. */
  readonly ownShare: number | undefined
  /** Share of the time in which its core was busy with any program; undefined if processes are not pinned. */
  readonly coreShare: number | undefined
  /** The same for the core of the upstream and the load. */
  readonly restShare: number | undefined
  readonly p50Ms: number
  readonly p99Ms: number
  readonly firstByteP50Ms: number
  readonly firstByteP99Ms: number
  readonly residentMiB: number | undefined
  readonly clean: number
  readonly faulty: number
  /** The longest gap in each clean stream, if the scenario has a pace. */
  readonly gaps: readonly number[]
}
