/** A whole number from a request, held between two bounds; anything else is the default. */
export function readCount(
  value: unknown,
  bounds: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return bounds.otherwise
  return Math.min(bounds.most, Math.max(bounds.least, Math.floor(number)))
}
