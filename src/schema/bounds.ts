const mebibyte = 1_024 * 1_024

/** Upper and lower bounds for values of the configuration. */
export const bounds = {
  /** The runtimes store delays in 32 bits; a longer one (about 24 days) fires at once. */
  delayMs: 2 ** 31 - 1,
  /** 100 years; a larger value is a typing mistake. */
  days: 36_500,
  /** Far above every model; the product with any price stays exact. */
  tokens: 10_000_000,
  /** V8's maximum string is 512 MiB of Latin-1; a body that becomes a string must stay below it. */
  bytes: 512 * mebibyte - 1,
  /** 16 GiB, for bodies that are never held as a whole. */
  streamedBytes: 16 * 1_024 * mebibyte,
  /**
   * Short enough to type, too long to guess over the network. Longer is better, but users of the predecessors have
   * tokens of this length.
   */
  tokenLengthMinimum: 8,
  /** No shorter ones are in use, so the length of a generated secret can be required. */
  adminTokenLengthMinimum: 32,
} as const
