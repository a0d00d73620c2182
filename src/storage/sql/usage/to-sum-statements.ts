import type { UsageSum } from '../../usage-store.ts'
import { maxParams, type SqlStatement, type SqlValue } from '../sql.ts'
import { addingTo, measures, sumTables } from './roll-up.ts'

/** Returns the rows of a sum in each table, in the order of the table's dimensions. */
const rowsOf: Readonly<Record<keyof typeof sumTables, (sum: UsageSum) => readonly (readonly SqlValue[])[]>> = {
  usage_days: ({ day, provider, model }) => [[day, provider, model]],
  usage_days_by_key: ({ day, keyId, provider, model, endUser }) => [
    [day, keyId, provider, model, endUser === '' ? 0 : 1],
  ],
  usage_days_by_user: ({ day, keyId, endUser, provider, model }) =>
    endUser === '' ? [] : [[day, keyId, endUser, provider, model]],
  usage_days_by_tag: ({ day, keyId, tags }) => tags.map((tag) => [day, tag, keyId]),
  usage_days_by_route: ({ day, route, keyId, provider, model, failure = '' }) =>
    route === undefined ? [] : [[day, route, keyId, provider, model, failure]],
}

const tables = Object.keys(sumTables) as (keyof typeof sumTables)[]

/**
 * Returns the statements that add calls without records to the sums, for one transaction. Merges equal rows of a table.
 */
export function toSumStatements(sums: readonly UsageSum[]): readonly SqlStatement[] {
  return tables.flatMap((table) => toStatements(table, sums))
}

function toStatements(table: keyof typeof sumTables, sums: readonly UsageSum[]): readonly SqlStatement[] {
  const found = new Map<string, { readonly dimensions: readonly SqlValue[]; readonly counts: number[] }>()
  for (const sum of sums) {
    const counts = countsOf(sum)
    for (const dimensions of rowsOf[table](sum)) {
      const name = JSON.stringify(dimensions)
      const known = found.get(name)
      if (known === undefined) found.set(name, { dimensions, counts: [...counts] })
      else for (const [at, count] of counts.entries()) known.counts[at] = (known.counts[at] ?? 0) + count
    }
  }
  const all = [...found.values()].map(({ dimensions, counts }) => [...dimensions, ...counts])
  const columns = [...sumTables[table].split(', '), ...measures]
  const rowsPerStatement = Math.floor(maxParams / columns.length)
  const row = `(${columns.map(() => '?').join(', ')})`
  const statements: SqlStatement[] = []
  for (let at = 0; at < all.length; at += rowsPerStatement) {
    const some = all.slice(at, at + rowsPerStatement)
    const text = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${some.map(() => row).join(', ')}
      ${addingTo(table)}`
    statements.push({ text, params: some.flat() })
  }
  return statements
}

/** Returns the measures of a sum in the order of {@link measures}. */
function countsOf(sum: UsageSum): readonly number[] {
  return [sum.calls, sum.failedCalls, sum.unpricedCalls, sum.inputTokens, sum.outputTokens, sum.costNano]
}
