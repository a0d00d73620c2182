const mebibyte = 1_024 * 1_024

/** Limits that no value of the configuration may pass. */
export const bounds = {
  /** The runtimes keep delays in 32 bits; a longer one fires at once. About 24 days. */
  delayMs: 2 ** 31 - 1,
  /** A hundred years; more is a slip of the keyboard. */
  days: 36_500,
  /** No model comes near; the product with any price stays exact. */
  tokens: 10_000_000,
  /** V8's longest string is 512 MiB of Latin-1; a body that becomes text has to stay below it. */
  bytes: 512 * mebibyte - 1,
  /** 16 GiB, for what is never held as a whole. */
  streamedBytes: 16 * 1_024 * mebibyte,
  /** Short enough to type, too long to guess over the network. Longer ones are wiser, but the predecessors' users have these. */
  tokenLengthMinimum: 8,
  /** No older ones exist, so a generator’s length can be asked for. */
  adminTokenLengthMinimum: 32,
} as const
