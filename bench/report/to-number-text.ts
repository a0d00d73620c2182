/** Formats three significant digits without an exponent; '' for a figure that was not measured. */
export function toNumberText(value: number): string {
  if (!Number.isFinite(value)) return ''
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
