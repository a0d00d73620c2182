/** A record that has nothing but its entries, so that looking up `constructor` finds nothing. */
export function toRecord(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}
