const nanoPerUsd = 1_000_000_000

/** Maximum amount in USD that is exact in nano-USD. */
export const maxUsd = 9_000_000

/**
 * Converts USD to nano-USD. Returns undefined if the amount is negative, above {@link usdLimit}, or not a whole number
 * of nano-USD. Up to 2^23 USD every amount is a distinct double; above, only JSON's precision applies.
 */
export function toNano(usd: number): number | undefined {
  if (!(usd >= 0 && usd <= maxUsd)) return undefined
  // `toFixed` is exact; a multiplication is not.
  const decimal = usd.toFixed(9)
  return Number(decimal) === usd ? Number(decimal.replace('.', '')) : undefined
}

/** Converts nano-USD to USD, as a double that prints with at most nine decimals. */
export function toUsd(nano: number): number {
  return nano / nanoPerUsd
}

/** Formats nano-USD as decimal USD. Also exact above 2^53 nano-USD, where the sum is a string of digits. */
export function formatUsd(nano: number | string): string {
  const digits = String(nano).padStart(10, '0')
  const decimals = digits.slice(-9).replace(/0+$/, '')
  return decimals === '' ? digits.slice(0, -9) : `${digits.slice(0, -9)}.${decimals}`
}
