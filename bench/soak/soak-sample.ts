/** A sample of the servers. Unavailable figures are NaN. */
export interface SoakSample {
  /** Time since the start of the load. */
  readonly minutes: number
  /** Resident memory of the elder. */
  readonly residentMiB: number
  /** Heap of the elder after its last full garbage collection. */
  readonly heapMiB: number
  readonly externalMiB: number
  readonly files: number
  readonly loopP99Ms: number
  /** Resident memory of all processes of the pack. */
  readonly packMiB: number
  readonly databaseMiB: number
  readonly walMiB: number
  /** Open calls in the ledger, each with a reservation. */
  readonly openCalls: number
  /** Calls since the start of the load. */
  readonly calls: number
}
