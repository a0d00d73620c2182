/** One page of a longer list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** The cursor of the next request; undefined on the last page. */
  readonly next: string | undefined
}

/** Returns the first page of `items`. The caller reads `limit + 1` items, which shows whether another page exists. */
export function toPage<Item>(items: readonly Item[], limit: number, toCursor: (item: Item) => string): Page<Item> {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown, next: items.length > limit && last !== undefined ? toCursor(last) : undefined }
}
