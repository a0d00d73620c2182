/** Three significant digits, no exponent; empty for what was not measured. */
export function toNumberText(value: number): string {
  if (!Number.isFinite(value)) return ''
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
