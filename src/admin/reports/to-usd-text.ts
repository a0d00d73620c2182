/** Nano-USD, a whole number of them, as a decimal number of USD, exactly. */
export function toUsdText(nano: number | string): string {
  const digits = String(nano).padStart(10, '0')
  const decimals = digits.slice(-9).replace(/0+$/, '')
  return decimals === '' ? digits.slice(0, -9) : `${digits.slice(0, -9)}.${decimals}`
}
