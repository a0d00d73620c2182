/** So many, at so many pico-USD each; both whole, neither negative. */
export interface Amount {
  readonly count: number
  readonly pico: number
}

/**
 * The sum of all amounts in nano-USD, rounded half up once. Exact: within 2^53 pico-USD ($9,007) with numbers, beyond that with BigInt. What
 * 2^53 nano-USD ($9 million) cannot hold is cut to it.
 */
export function sumNano(amounts: readonly Amount[]): number {
  let pico = 0
  for (const amount of amounts) pico += amount.count * amount.pico
  // Nothing is negative here, so that a sum within the safe range has only exact products.
  if (pico > Number.MAX_SAFE_INTEGER) return sumLarge(amounts)
  // A remainder is exact where a quotient may already be rounded.
  const rest = pico % 1_000
  return (pico - rest) / 1_000 + (rest >= 500 ? 1 : 0)
}

function sumLarge(amounts: readonly Amount[]): number {
  const pico = amounts.reduce((sum, amount) => sum + BigInt(amount.count) * BigInt(amount.pico), 0n)
  const nano = (pico + 500n) / 1_000n
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(nano < most ? nano : most)
}
