/** One look at the server. Figures that could not be had are NaN. */
export interface SoakSample {
  /** Since the load began. */
  readonly minutes: number
  readonly residentMiB: number
  /** In use after the last full collection. */
  readonly heapMiB: number
  readonly externalMiB: number
  /** Of the event loop: sockets, timers, requests to the file system. */
  readonly resources: number
  readonly files: number
  readonly sockets: number
  /** Calls that the ledger holds open. */
  readonly openCalls: number
}
