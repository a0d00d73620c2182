/** One look at the servers. Figures that could not be had are NaN. */
export interface SoakSample {
  /** Since the load began. */
  readonly minutes: number
  /** Of the server that lives through the soak. */
  readonly residentMiB: number
  /** In use after its last full collection. */
  readonly heapMiB: number
  readonly externalMiB: number
  readonly files: number
  readonly loopP99Ms: number
  /** Of the servers that are killed, all together. */
  readonly packMiB: number
  readonly databaseMiB: number
  readonly walMiB: number
  /** Reservations that the ledger holds for calls that have not ended. */
  readonly openCalls: number
  /** Made since the load began. */
  readonly calls: number
}
