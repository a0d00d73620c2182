/** A part of a longer list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Goes into the next request to continue; undefined at the end. */
  readonly next: string | undefined
}

/** The first page of `items`, of which one more than `limit` was read to know whether there is another. */
export function toPage<Item>(items: readonly Item[], limit: number, toCursor: (item: Item) => string): Page<Item> {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown, next: items.length > limit && last !== undefined ? toCursor(last) : undefined }
}
