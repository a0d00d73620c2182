import { toUsdText } from '../pipeline/export/to-usd-text.ts'
import type { UsageRow as UsageSums } from '../storage/usage-store.ts'
import type { LedgerRecord, QueryResolvers, UsageRow } from './admin-schema.generated.ts'

/** What an administrator can ask without changing anything. */
export const adminQueries: QueryResolvers = {
  key: ({ id }, context) => context.admin().keys.find(id),
  keys: ({ limit, after, parent_id: parentId }, context) =>
    context.admin().keys.list({ limit, after: after ?? undefined, parentId: parentId ?? undefined }),
  balance: ({ key_id: keyId }, context) => context.admin().balance(keyId),
  usage: async ({ group_by, ...filter }, context) =>
    (await context.admin().usage({ ...withoutNull(filter), group_by })).map(toUsageRow),
  async records({ limit, ...filter }, context) {
    const { items, next } = await context.admin().records({ ...withoutNull(filter), limit })
    // By the names of the export, which the schema has too; a test compares them.
    return { items: items as readonly unknown[] as readonly LedgerRecord[], next }
  },
  prices: async ({ limit, ...filter }, context) => context.admin().prices({ ...withoutNull(filter), limit }),
  audit: ({ limit, ...filter }, context) => context.admin().audit({ ...withoutNull(filter), limit }),
}

type Given<Values> = { readonly [Name in keyof Values]: Exclude<Values[Name], null> }

/** GraphQL's null says that something was left out. */
function withoutNull<Values extends object>(values: Values): Given<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Given<Values>
}

function toUsageRow({ group, costNano, ...sums }: UsageSums): UsageRow {
  return {
    day: group.day,
    key_id: group.key,
    end_user: group.end_user,
    provider: group.provider,
    model: group.model,
    tag: group.tag,
    calls: sums.calls,
    failed_calls: sums.failedCalls,
    unpriced_calls: sums.unpricedCalls,
    input_tokens: sums.inputTokens,
    output_tokens: sums.outputTokens,
    cost_usd: toUsdText(costNano),
  }
}
