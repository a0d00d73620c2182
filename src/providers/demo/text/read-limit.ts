/** The tokens that a reply may have: the first of the given fields that is a number. */
export function readLimit(...fields: readonly unknown[]): number {
  const limit = fields.find((field) => typeof field === 'number')
  return limit === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(limit))
}
