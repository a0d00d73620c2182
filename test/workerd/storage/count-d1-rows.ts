/** A D1 database that counts written rows like Cloudflare: https://developers.cloudflare.com/d1/platform/pricing/ */
export type CountedDatabase = D1Database & {
  rowsWritten(): number
  /** Number of statements that ran. */
  statements(): number
}

export function countD1Rows(database: D1Database): CountedDatabase {
  let written = 0
  let statements = 0
  const count = <Result extends D1Result>(result: Result): Result => {
    written += result.meta.rows_written
    statements += 1
    return result
  }
  const watch = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => watch(target.bind(...values))
        if (name === 'all' || name === 'run') return async () => count(await target[name]())
        if (name === unwatched) return target
        return Reflect.get(target, name)
      },
    })
  return {
    prepare: (text: string) => watch(database.prepare(text)),
    async batch(statements: D1PreparedStatement[]) {
      const results = await database.batch(
        statements.map((statement) => Reflect.get(statement, unwatched) ?? statement),
      )
      return results.map(count)
    },
    rowsWritten: () => written,
    statements: () => statements,
  } as unknown as CountedDatabase
}

const unwatched = Symbol('unwatched')
