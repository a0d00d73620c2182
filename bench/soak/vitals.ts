/** What a server says of itself. */
export interface Vitals {
  /** In use after the last full collection; undefined until there was one. */
  readonly heapMiB: number | undefined
  readonly externalMiB: number
  readonly arrayBuffersMiB: number
  /** Open handles and running requests of the event loop, by kind, such as `TCPSocketWrap` and `Timeout`. */
  readonly resources: Readonly<Record<string, number>>
}
