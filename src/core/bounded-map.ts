/**
 * A map of bounded size: if a new entry does not fit, `set` evicts the entries that were set longest ago.
 *
 * - `set` also makes an existing entry the newest. Reading does not change the order: an LRU cache sets an entry again.
 * - Every operation takes constant time for each entry that it adds or removes.
 */
export interface BoundedMap<Key, Value> {
  get(key: Key): Value | undefined
  has(key: Key): boolean
  set(key: Key, value: Value): void
  delete(key: Key): void
  clear(): void
}

interface Entry<Key, Value> {
  readonly key: Key
  value: Value
  weight: number
  older: Entry<Key, Value> | undefined
  newer: Entry<Key, Value> | undefined
}

/**
 * Creates a map in which `max` bounds the number of entries, or with `weigh` the sum of their weights. An entry that
 * alone exceeds `max` is not stored.
 *
 * A linked list holds the order. The order of a `Map` does not allow constant time: V8 keeps the slots of deleted
 * entries for a while and scans them for the first live entry. With 10,000 entries, replacing the oldest takes 28 µs
 * with a `Map` and 2 µs here.
 */
export function createBoundedMap<Key, Value>(
  max: number,
  weigh: (value: Value, key: Key) => number = () => 1,
): BoundedMap<Key, Value> {
  const entries = new Map<Key, Entry<Key, Value>>()
  let oldest: Entry<Key, Value> | undefined
  let newest: Entry<Key, Value> | undefined
  let weight = 0

  function append(entry: Entry<Key, Value>): void {
    entry.older = newest
    entry.newer = undefined
    if (newest === undefined) oldest = entry
    else newest.newer = entry
    newest = entry
  }

  function unlink({ older, newer }: Entry<Key, Value>): void {
    if (older === undefined) oldest = newer
    else older.newer = newer
    if (newer === undefined) newest = older
    else newer.older = older
  }

  function remove(entry: Entry<Key, Value>): void {
    entries.delete(entry.key)
    unlink(entry)
    // A removed entry in V8's old generation would otherwise retain the whole chain of newer removed entries.
    entry.older = undefined
    entry.newer = undefined
    weight -= entry.weight
  }

  return {
    get: (key) => entries.get(key)?.value,
    has: (key) => entries.has(key),
    set(key, value) {
      const added = weigh(value, key)
      const known = entries.get(key)
      // Storing it would evict all other entries first, and then the entry itself.
      if (added > max) {
        if (known !== undefined) remove(known)
        return
      }
      weight += added
      if (known === undefined) {
        const entry = { key, value, weight: added, older: undefined, newer: undefined }
        entries.set(key, entry)
        append(entry)
      } else {
        weight -= known.weight
        known.value = value
        known.weight = added
        unlink(known)
        append(known)
      }
      while (weight > max && oldest !== undefined) remove(oldest)
    },
    delete(key) {
      const entry = entries.get(key)
      if (entry !== undefined) remove(entry)
    },
    clear() {
      entries.clear()
      oldest = undefined
      newest = undefined
      weight = 0
    },
  }
}
