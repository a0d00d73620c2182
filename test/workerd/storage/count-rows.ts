export interface RowCounter {
  /**
   * Returns the rows by statement, such as `INSERT INTO counters`; alarms and keys as `setAlarm` and `kv.put`.
   */
  read(): Readonly<Record<string, number>>
  stop(): void
}

/**
 * Counts the rows that the objects of this process write: every statement, and a row for each alarm and each key.
 * Source: https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
export function countRows(storage: DurableObjectStorage): RowCounter {
  const cursors: { readonly name: string; readonly cursor: Cursor }[] = []
  const others: string[] = []
  const restores = [
    replace(Object.getPrototypeOf(storage.sql), 'exec', (cursor, [text]) => {
      // `INSERT INTO open_calls`, `UPDATE open_calls`, `DELETE FROM open_calls`
      const [name = ''] = /^(INSERT INTO|UPDATE|DELETE FROM) \w+/.exec(String(text)) ?? []
      cursors.push({ name, cursor: cursor as Cursor })
    }),
    replace(Object.getPrototypeOf(storage), 'setAlarm', () => others.push('setAlarm')),
    replace(Object.getPrototypeOf(storage.kv), 'put', () => others.push('kv.put')),
    replace(Object.getPrototypeOf(storage.kv), 'delete', () => others.push('kv.delete')),
  ]
  return {
    read() {
      const rows: Record<string, number> = {}
      const add = (name: string, count: number) => {
        if (count > 0) rows[name] = (rows[name] ?? 0) + count
      }
      for (const { name, cursor } of cursors) add(name, cursor.rowsWritten)
      for (const name of others) add(name, 1)
      return rows
    },
    stop() {
      for (const restore of restores) restore()
    },
  }
}

type Cursor = ReturnType<SqlStorage['exec']>

/** Passes the results of a method to `watch`; the returned function restores the method. */
function replace(
  owner: Record<string, unknown>,
  method: string,
  watch: (result: unknown, args: readonly unknown[]) => void,
): () => void {
  const original = owner[method] as (...args: readonly unknown[]) => unknown
  owner[method] = function watched(this: unknown, ...args: readonly unknown[]) {
    const result = original.apply(this, [...args])
    watch(result, args)
    return result
  }
  return () => {
    owner[method] = original
  }
}
