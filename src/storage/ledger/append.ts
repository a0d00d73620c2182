/**
 * Adds to a list that is made for its first item, which is usually the only one: `[]` makes room for 17 when it grows.
 */
export function append<Item>(list: Item[] | undefined, item: Item): Item[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}
