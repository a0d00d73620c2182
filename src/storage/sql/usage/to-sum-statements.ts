import type { UsageSum } from '../../usage-store.ts'
import { mostParams, type SqlStatement, type SqlValue } from '../sql.ts'
import { addingTo, measures } from './roll-up.ts'

/** A table of sums, with its rows for a sum that is added. */
interface Target {
  readonly table: string
  readonly dimensions: readonly string[]
  rows(sum: UsageSum): readonly (readonly SqlValue[])[]
}

const targets: readonly Target[] = [
  {
    table: 'usage_days',
    dimensions: ['day', 'provider', 'model'],
    rows: ({ day, provider, model }) => [[day, provider, model]],
  },
  {
    table: 'usage_days_by_key',
    dimensions: ['day', 'key_id', 'provider', 'model', 'has_user'],
    rows: ({ day, keyId, provider, model, endUser }) => [[day, keyId, provider, model, endUser === '' ? 0 : 1]],
  },
  {
    table: 'usage_days_by_user',
    dimensions: ['day', 'key_id', 'end_user', 'provider', 'model'],
    rows: ({ day, keyId, provider, model, endUser }) =>
      endUser === '' ? [] : [[day, keyId, endUser, provider, model]],
  },
  {
    table: 'usage_days_by_tag',
    dimensions: ['day', 'tag', 'key_id'],
    rows: ({ day, keyId, tags }) => tags.map((tag) => [day, tag, keyId]),
  },
]

/** The statements that add calls without records to the sums, for one transaction: of each table as few rows as there are. */
export function toSumStatements(sums: readonly UsageSum[]): readonly SqlStatement[] {
  return targets.flatMap((target) => toStatements(target, sums))
}

function toStatements({ table, dimensions, rows }: Target, sums: readonly UsageSum[]): readonly SqlStatement[] {
  const found = new Map<string, { readonly place: readonly SqlValue[]; readonly counts: number[] }>()
  for (const sum of sums) {
    const counts = countsOf(sum)
    for (const place of rows(sum)) {
      const name = JSON.stringify(place)
      const known = found.get(name)
      if (known === undefined) found.set(name, { place, counts: [...counts] })
      else for (const [at, count] of counts.entries()) known.counts[at] = (known.counts[at] ?? 0) + count
    }
  }
  const all = [...found.values()].map(({ place, counts }) => [...place, ...counts])
  const columns = [...dimensions, ...measures]
  const rowsPerStatement = Math.floor(mostParams / columns.length)
  const row = `(${columns.map(() => '?').join(', ')})`
  const statements: SqlStatement[] = []
  for (let at = 0; at < all.length; at += rowsPerStatement) {
    const some = all.slice(at, at + rowsPerStatement)
    const text = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${some.map(() => row).join(', ')}
      ${addingTo(table, dimensions.join(', '))}`
    statements.push({ text, params: some.flat() })
  }
  return statements
}

/** In the order of {@link measures}. */
function countsOf(sum: UsageSum): readonly number[] {
  return [sum.calls, sum.failedCalls, sum.unpricedCalls, sum.inputTokens, sum.outputTokens, sum.costNano]
}
