const nanoPerUsd = 1_000_000_000

/** The most that counts exactly in nano-USD, in USD. */
export const usdLimit = 9_000_000

/**
 * Nano-USD of an amount in USD. Undefined where that is no whole number of them, negative, or more than {@link usdLimit}.
 * Up to 2^23 USD every amount has a double of its own; beyond, the ninth decimal is as exact as JSON's numbers are.
 */
export function toNano(usd: number): number | undefined {
  if (!(usd >= 0 && usd <= usdLimit)) return undefined
  // Exact, where a multiplication would not be.
  const text = usd.toFixed(9)
  return Number(text) === usd ? Number(text.replace('.', '')) : undefined
}

/** USD of an amount in nano-USD: the double that is written with at most nine decimals. */
export function toUsd(nano: number): number {
  return nano / nanoPerUsd
}

/** The same as a decimal string: exact for sums beyond 2^53 nano-USD too, which come as strings of digits. */
export function formatUsd(nano: number | string): string {
  const digits = String(nano).padStart(10, '0')
  const decimals = digits.slice(-9).replace(/0+$/, '')
  return decimals === '' ? digits.slice(0, -9) : `${digits.slice(0, -9)}.${decimals}`
}
