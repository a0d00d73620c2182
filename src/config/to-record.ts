/** A record that has nothing but its entries, so that looking up `constructor` finds nothing. */
export function toRecord<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}
