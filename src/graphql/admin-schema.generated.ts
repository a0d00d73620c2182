// Written by scripts/generate-docs.ts from admin-schema.graphql. Change it there, then run: node scripts/generate-docs.ts
import type { AdminGraphqlContext } from './admin-graphql-context.ts'

export const typeDefs = "# Weir's administration in GraphQL, at /admin/v1/graphql, for whoever has the admin secret. What there is, and how it is called, is as in the\n# REST API of /admin/v1: one description serves both. The predecessors' graph is schema.graphql.\n\n\"Any value, such as an object of texts.\"\nscalar JSON\n\ntype Query {\n  \"One virtual key.\"\n  key(id: ID!): Key!\n  \"Virtual keys, oldest first. At most 100 a page.\"\n  keys(\n    limit: Int! = 20\n    \"The `next` of the page before.\"\n    after: String\n    \"Only the children of this key.\"\n    parent_id: ID\n  ): KeyPage!\n  \"What a key, with all keys below it, has spent.\"\n  balance(key_id: ID!): Balance!\n  \"\"\"\n  What was used, summed. Days are UTC, such as `2026-11-22`; both are included, and without them it is the last thirty. `group_by` takes\n  `day`, `key`, `end_user`, `provider`, `model` and `tag`; tags go with days and keys only.\n  \"\"\"\n  usage(\n    from: String\n    to: String\n    group_by: [String!]! = [\"day\"]\n    key_id: ID\n    \"With the keys below `key_id`.\"\n    descendants: Boolean\n    end_user: String\n    provider: String\n    model: String\n    tag: String\n  ): [UsageRow!]!\n  \"Records of attempts, oldest first. At most 100 a page; a page may have fewer, even none, while there is a `next`.\"\n  records(\n    limit: Int! = 20\n    after: String\n    \"A day, or a date and time with its zone.\"\n    from: String\n    to: String\n    key_id: ID\n  ): RecordPage!\n  \"What models cost, the operator's own prices first. At most 1,000 a page.\"\n  prices(limit: Int! = 100, after: String, provider: String, \"A pattern with `*`.\" model: String): PricePage!\n  \"Who changed what, newest first. At most 100 a page.\"\n  audit(limit: Int! = 20, after: String, \"Only what was done to this key.\" subject: String): AuditPage!\n}\n\ntype Mutation {\n  \"Makes a key. Its secret is told this once.\"\n  createKey(input: NewKey!): KeyWithSecret!\n  \"Changes a key: a field that is there replaces what was, null takes it away.\"\n  updateKey(id: ID!, input: KeyChange!): Key!\n  \"Gives a key another secret; the old one goes on for `overlap_seconds`, a day where nothing is said.\"\n  rotateKey(id: ID!, input: Rotation): KeyWithSecret!\n  \"Deletes a key with all keys below it. Their records stay.\"\n  deleteKey(id: ID!): DeletedKey!\n}\n\ntype Budget {\n  usd: Float!\n  \"`day`, `week`, `month` or `total`.\"\n  per: String!\n  time_zone: String!\n}\n\n\"Null is unlimited.\"\ntype Limits {\n  requests_per_minute: Float\n  requests_per_hour: Float\n  requests_per_day: Float\n  tokens_per_minute: Float\n  tokens_per_hour: Float\n  tokens_per_day: Float\n  concurrent_calls: Float\n  concurrent_streams: Float\n  usd_per_call: Float\n  budgets: [Budget!]!\n}\n\n\"Enough of a secret to recognise it by.\"\ntype Secret {\n  hint: String!\n  created_at: String!\n  expires_at: String\n}\n\n\"A virtual key. Lists that are null allow everything, as far as the keys above do; empty ones nothing.\"\ntype Key {\n  id: ID!\n  name: String!\n  parent_id: ID\n  disabled: Boolean!\n  expires_at: String\n  models: [String!]\n  operations: [String!]\n  origins: [String!]\n  ip_ranges: [String!]\n  limits: Limits!\n  per_user: Limits\n  shadow: Boolean!\n  default_max_tokens: Float\n  \"An object of texts.\"\n  labels: JSON!\n  secrets: [Secret!]!\n  created_at: String!\n  updated_at: String!\n}\n\n\"A key with the secret that was made for it, which is told this once; null where one was brought.\"\ntype KeyWithSecret {\n  id: ID!\n  secret: String\n  name: String!\n  parent_id: ID\n  disabled: Boolean!\n  expires_at: String\n  models: [String!]\n  operations: [String!]\n  origins: [String!]\n  ip_ranges: [String!]\n  limits: Limits!\n  per_user: Limits\n  shadow: Boolean!\n  default_max_tokens: Float\n  labels: JSON!\n  secrets: [Secret!]!\n  created_at: String!\n  updated_at: String!\n}\n\ntype KeyPage {\n  items: [Key!]!\n  next: String\n}\n\ntype DeletedKey {\n  id: ID!\n  \"How many keys that were.\"\n  keys: Int!\n}\n\n\"USD as texts of at most nine decimals, exactly. Days, weeks and months are of UTC.\"\ntype Balance {\n  key_id: ID!\n  spent_usd: String!\n  reserved_usd: String!\n  day_usd: String!\n  week_usd: String!\n  month_usd: String!\n  open_calls: Int!\n  open_streams: Int!\n}\n\n\"Sums of one group. What was not grouped by is null.\"\ntype UsageRow {\n  day: String\n  key_id: ID\n  end_user: String\n  provider: String\n  model: String\n  tag: String\n  calls: Float!\n  failed_calls: Float!\n  unpriced_calls: Float!\n  input_tokens: Float!\n  output_tokens: Float!\n  cost_usd: String!\n}\n\n\"The last word on one attempt at one target.\"\ntype LedgerRecord {\n  seq: Float!\n  id: ID!\n  request_id: String!\n  attempt: Int!\n  key_id: ID!\n  end_user: String!\n  operation: String!\n  provider: String!\n  model: String!\n  stream: Boolean!\n  tags: [String!]!\n  outcome: String!\n  status: Int!\n  error_code: String\n  finish_reason: String\n  input_tokens: Float\n  cached_input_tokens: Float\n  cache_write_tokens: Float\n  audio_input_tokens: Float\n  image_input_tokens: Float\n  output_tokens: Float\n  reasoning_tokens: Float\n  audio_output_tokens: Float\n  image_output_tokens: Float\n  audio_seconds: Float\n  cost_usd: String!\n  cost_source: String!\n  reserved_usd: String!\n  would_refuse: [String!]!\n  opened_at: String!\n  settled_at: String!\n  first_byte_ms: Float\n  duration_ms: Float!\n}\n\ntype RecordPage {\n  items: [LedgerRecord!]!\n  next: String\n}\n\n\"USD for a million tokens; null is as `input`, or as `output`.\"\ntype PriceTier {\n  above_tokens: Float!\n  input: Float!\n  output: Float!\n  cached_input: Float\n  cache_write: Float\n  reasoning: Float\n  audio_input: Float\n  audio_output: Float\n  image_input: Float\n  image_output: Float\n}\n\ntype ImagePrice {\n  size: String\n  quality: String\n  usd: Float!\n}\n\n\"What a model costs: USD for a million tokens, or for one of anything else.\"\ntype Price {\n  provider: String!\n  model: String!\n  \"`config` for the operator's own, `table` for those that Weir brings.\"\n  source: String!\n  input: Float!\n  output: Float!\n  cached_input: Float\n  cache_write: Float\n  reasoning: Float\n  audio_input: Float\n  audio_output: Float\n  image_input: Float\n  image_output: Float\n  tiers: [PriceTier!]!\n  per_request: Float\n  per_image: Float\n  images: [ImagePrice!]!\n  per_second: Float\n  per_character: Float\n  max_output_tokens: Float\n}\n\ntype PricePage {\n  items: [Price!]!\n  next: String\n}\n\ntype AuditEntry {\n  id: ID!\n  at: String!\n  \"`admin` over HTTP, `cli` on the machine itself.\"\n  actor: String!\n  address: String\n  action: String!\n  subject: String\n  detail: JSON\n}\n\ntype AuditPage {\n  items: [AuditEntry!]!\n  next: String\n}\n\ninput BudgetInput {\n  usd: Float!\n  per: String!\n  time_zone: String\n}\n\ninput LimitsInput {\n  requests_per_minute: Float\n  requests_per_hour: Float\n  requests_per_day: Float\n  tokens_per_minute: Float\n  tokens_per_hour: Float\n  tokens_per_day: Float\n  concurrent_calls: Float\n  concurrent_streams: Float\n  usd_per_call: Float\n  budgets: [BudgetInput!]\n}\n\ninput NewKey {\n  name: String!\n  parent_id: ID\n  disabled: Boolean\n  expires_at: String\n  models: [String!]\n  operations: [String!]\n  origins: [String!]\n  ip_ranges: [String!]\n  limits: LimitsInput\n  per_user: LimitsInput\n  shadow: Boolean\n  default_max_tokens: Float\n  labels: JSON\n  \"One that exists already elsewhere; otherwise one is made.\"\n  secret: String\n}\n\ninput KeyChange {\n  name: String\n  disabled: Boolean\n  expires_at: String\n  models: [String!]\n  operations: [String!]\n  origins: [String!]\n  ip_ranges: [String!]\n  limits: LimitsInput\n  per_user: LimitsInput\n  shadow: Boolean\n  default_max_tokens: Float\n  labels: JSON\n}\n\ninput Rotation {\n  overlap_seconds: Float\n  secret: String\n}\n"

export interface QueryKeyArgs {
  readonly id: string
}

export interface QueryKeysArgs {
  readonly limit: number
  readonly after?: string | null | undefined
  readonly parent_id?: string | null | undefined
}

export interface QueryBalanceArgs {
  readonly key_id: string
}

export interface QueryUsageArgs {
  readonly from?: string | null | undefined
  readonly to?: string | null | undefined
  readonly group_by: readonly string[]
  readonly key_id?: string | null | undefined
  readonly descendants?: boolean | null | undefined
  readonly end_user?: string | null | undefined
  readonly provider?: string | null | undefined
  readonly model?: string | null | undefined
  readonly tag?: string | null | undefined
}

export interface QueryRecordsArgs {
  readonly limit: number
  readonly after?: string | null | undefined
  readonly from?: string | null | undefined
  readonly to?: string | null | undefined
  readonly key_id?: string | null | undefined
}

export interface QueryPricesArgs {
  readonly limit: number
  readonly after?: string | null | undefined
  readonly provider?: string | null | undefined
  readonly model?: string | null | undefined
}

export interface QueryAuditArgs {
  readonly limit: number
  readonly after?: string | null | undefined
  readonly subject?: string | null | undefined
}

export interface QueryResolvers {
  readonly key: (args: QueryKeyArgs, context: AdminGraphqlContext) => Promise<Key>
  readonly keys: (args: QueryKeysArgs, context: AdminGraphqlContext) => Promise<KeyPage>
  readonly balance: (args: QueryBalanceArgs, context: AdminGraphqlContext) => Promise<Balance>
  readonly usage: (args: QueryUsageArgs, context: AdminGraphqlContext) => Promise<readonly UsageRow[]>
  readonly records: (args: QueryRecordsArgs, context: AdminGraphqlContext) => Promise<RecordPage>
  readonly prices: (args: QueryPricesArgs, context: AdminGraphqlContext) => Promise<PricePage>
  readonly audit: (args: QueryAuditArgs, context: AdminGraphqlContext) => Promise<AuditPage>
}

export interface MutationCreateKeyArgs {
  readonly input: NewKey
}

export interface MutationUpdateKeyArgs {
  readonly id: string
  readonly input: KeyChange
}

export interface MutationRotateKeyArgs {
  readonly id: string
  readonly input?: Rotation | null | undefined
}

export interface MutationDeleteKeyArgs {
  readonly id: string
}

export interface MutationResolvers {
  readonly createKey: (args: MutationCreateKeyArgs, context: AdminGraphqlContext) => Promise<KeyWithSecret>
  readonly updateKey: (args: MutationUpdateKeyArgs, context: AdminGraphqlContext) => Promise<Key>
  readonly rotateKey: (args: MutationRotateKeyArgs, context: AdminGraphqlContext) => Promise<KeyWithSecret>
  readonly deleteKey: (args: MutationDeleteKeyArgs, context: AdminGraphqlContext) => Promise<DeletedKey>
}

export interface Budget {
  readonly usd: number
  readonly per: string
  readonly time_zone: string
}

export interface Limits {
  readonly requests_per_minute?: number | null | undefined
  readonly requests_per_hour?: number | null | undefined
  readonly requests_per_day?: number | null | undefined
  readonly tokens_per_minute?: number | null | undefined
  readonly tokens_per_hour?: number | null | undefined
  readonly tokens_per_day?: number | null | undefined
  readonly concurrent_calls?: number | null | undefined
  readonly concurrent_streams?: number | null | undefined
  readonly usd_per_call?: number | null | undefined
  readonly budgets: readonly Budget[]
}

export interface Secret {
  readonly hint: string
  readonly created_at: string
  readonly expires_at?: string | null | undefined
}

export interface Key {
  readonly id: string
  readonly name: string
  readonly parent_id?: string | null | undefined
  readonly disabled: boolean
  readonly expires_at?: string | null | undefined
  readonly models?: readonly string[] | null | undefined
  readonly operations?: readonly string[] | null | undefined
  readonly origins?: readonly string[] | null | undefined
  readonly ip_ranges?: readonly string[] | null | undefined
  readonly limits: Limits
  readonly per_user?: Limits | null | undefined
  readonly shadow: boolean
  readonly default_max_tokens?: number | null | undefined
  readonly labels: unknown
  readonly secrets: readonly Secret[]
  readonly created_at: string
  readonly updated_at: string
}

export interface KeyWithSecret {
  readonly id: string
  readonly secret?: string | null | undefined
  readonly name: string
  readonly parent_id?: string | null | undefined
  readonly disabled: boolean
  readonly expires_at?: string | null | undefined
  readonly models?: readonly string[] | null | undefined
  readonly operations?: readonly string[] | null | undefined
  readonly origins?: readonly string[] | null | undefined
  readonly ip_ranges?: readonly string[] | null | undefined
  readonly limits: Limits
  readonly per_user?: Limits | null | undefined
  readonly shadow: boolean
  readonly default_max_tokens?: number | null | undefined
  readonly labels: unknown
  readonly secrets: readonly Secret[]
  readonly created_at: string
  readonly updated_at: string
}

export interface KeyPage {
  readonly items: readonly Key[]
  readonly next?: string | null | undefined
}

export interface DeletedKey {
  readonly id: string
  readonly keys: number
}

export interface Balance {
  readonly key_id: string
  readonly spent_usd: string
  readonly reserved_usd: string
  readonly day_usd: string
  readonly week_usd: string
  readonly month_usd: string
  readonly open_calls: number
  readonly open_streams: number
}

export interface UsageRow {
  readonly day?: string | null | undefined
  readonly key_id?: string | null | undefined
  readonly end_user?: string | null | undefined
  readonly provider?: string | null | undefined
  readonly model?: string | null | undefined
  readonly tag?: string | null | undefined
  readonly calls: number
  readonly failed_calls: number
  readonly unpriced_calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_usd: string
}

export interface LedgerRecord {
  readonly seq: number
  readonly id: string
  readonly request_id: string
  readonly attempt: number
  readonly key_id: string
  readonly end_user: string
  readonly operation: string
  readonly provider: string
  readonly model: string
  readonly stream: boolean
  readonly tags: readonly string[]
  readonly outcome: string
  readonly status: number
  readonly error_code?: string | null | undefined
  readonly finish_reason?: string | null | undefined
  readonly input_tokens?: number | null | undefined
  readonly cached_input_tokens?: number | null | undefined
  readonly cache_write_tokens?: number | null | undefined
  readonly audio_input_tokens?: number | null | undefined
  readonly image_input_tokens?: number | null | undefined
  readonly output_tokens?: number | null | undefined
  readonly reasoning_tokens?: number | null | undefined
  readonly audio_output_tokens?: number | null | undefined
  readonly image_output_tokens?: number | null | undefined
  readonly audio_seconds?: number | null | undefined
  readonly cost_usd: string
  readonly cost_source: string
  readonly reserved_usd: string
  readonly would_refuse: readonly string[]
  readonly opened_at: string
  readonly settled_at: string
  readonly first_byte_ms?: number | null | undefined
  readonly duration_ms: number
}

export interface RecordPage {
  readonly items: readonly LedgerRecord[]
  readonly next?: string | null | undefined
}

export interface PriceTier {
  readonly above_tokens: number
  readonly input: number
  readonly output: number
  readonly cached_input?: number | null | undefined
  readonly cache_write?: number | null | undefined
  readonly reasoning?: number | null | undefined
  readonly audio_input?: number | null | undefined
  readonly audio_output?: number | null | undefined
  readonly image_input?: number | null | undefined
  readonly image_output?: number | null | undefined
}

export interface ImagePrice {
  readonly size?: string | null | undefined
  readonly quality?: string | null | undefined
  readonly usd: number
}

export interface Price {
  readonly provider: string
  readonly model: string
  readonly source: string
  readonly input: number
  readonly output: number
  readonly cached_input?: number | null | undefined
  readonly cache_write?: number | null | undefined
  readonly reasoning?: number | null | undefined
  readonly audio_input?: number | null | undefined
  readonly audio_output?: number | null | undefined
  readonly image_input?: number | null | undefined
  readonly image_output?: number | null | undefined
  readonly tiers: readonly PriceTier[]
  readonly per_request?: number | null | undefined
  readonly per_image?: number | null | undefined
  readonly images: readonly ImagePrice[]
  readonly per_second?: number | null | undefined
  readonly per_character?: number | null | undefined
  readonly max_output_tokens?: number | null | undefined
}

export interface PricePage {
  readonly items: readonly Price[]
  readonly next?: string | null | undefined
}

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly address?: string | null | undefined
  readonly action: string
  readonly subject?: string | null | undefined
  readonly detail?: unknown | null | undefined
}

export interface AuditPage {
  readonly items: readonly AuditEntry[]
  readonly next?: string | null | undefined
}

export interface BudgetInput {
  readonly usd: number
  readonly per: string
  readonly time_zone?: string | null | undefined
}

export interface LimitsInput {
  readonly requests_per_minute?: number | null | undefined
  readonly requests_per_hour?: number | null | undefined
  readonly requests_per_day?: number | null | undefined
  readonly tokens_per_minute?: number | null | undefined
  readonly tokens_per_hour?: number | null | undefined
  readonly tokens_per_day?: number | null | undefined
  readonly concurrent_calls?: number | null | undefined
  readonly concurrent_streams?: number | null | undefined
  readonly usd_per_call?: number | null | undefined
  readonly budgets?: readonly BudgetInput[] | null | undefined
}

export interface NewKey {
  readonly name: string
  readonly parent_id?: string | null | undefined
  readonly disabled?: boolean | null | undefined
  readonly expires_at?: string | null | undefined
  readonly models?: readonly string[] | null | undefined
  readonly operations?: readonly string[] | null | undefined
  readonly origins?: readonly string[] | null | undefined
  readonly ip_ranges?: readonly string[] | null | undefined
  readonly limits?: LimitsInput | null | undefined
  readonly per_user?: LimitsInput | null | undefined
  readonly shadow?: boolean | null | undefined
  readonly default_max_tokens?: number | null | undefined
  readonly labels?: unknown | null | undefined
  readonly secret?: string | null | undefined
}

export interface KeyChange {
  readonly name?: string | null | undefined
  readonly disabled?: boolean | null | undefined
  readonly expires_at?: string | null | undefined
  readonly models?: readonly string[] | null | undefined
  readonly operations?: readonly string[] | null | undefined
  readonly origins?: readonly string[] | null | undefined
  readonly ip_ranges?: readonly string[] | null | undefined
  readonly limits?: LimitsInput | null | undefined
  readonly per_user?: LimitsInput | null | undefined
  readonly shadow?: boolean | null | undefined
  readonly default_max_tokens?: number | null | undefined
  readonly labels?: unknown | null | undefined
}

export interface Rotation {
  readonly overlap_seconds?: number | null | undefined
  readonly secret?: string | null | undefined
}
