import { errorTable } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'

const text = { type: 'string' }
const optionalText = { type: ['string', 'null'] }
const time = { type: 'string', format: 'date-time' }
const optionalTime = { type: ['string', 'null'], format: 'date-time' }
const flag = { type: 'boolean' }
const whole = { type: 'integer', minimum: 0 }
const usd = { type: 'number', minimum: 0 }
const optionalUsd = { type: ['number', 'null'], minimum: 0 }
const usdText = { type: 'string', pattern: '^\\d+(\\.\\d{1,9})?$', description: 'USD, exactly.' }
const optionalCount = { type: ['integer', 'null'], minimum: 1 }
const texts = { type: 'array', items: text }
const optionalTexts = { type: ['array', 'null'], items: text }

/** An object of exactly these properties, all of them there unless named. */
function object(properties: JsonObject, optional: readonly string[] = []): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

/** An object of some of these properties. */
function partial(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false }
}

function listOf(items: JsonObject): JsonObject {
  return object({
    object: { const: 'list' },
    data: { type: 'array', items },
    has_more: flag,
    next: { ...optionalText, description: 'Goes into `after` to continue.' },
  })
}

function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

function nullable(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: 'null' }] }
}

const budget = { usd, per: { enum: ['day', 'week', 'month', 'total'] }, time_zone: text }

const limits = {
  requests_per_minute: optionalCount,
  requests_per_hour: optionalCount,
  requests_per_day: optionalCount,
  tokens_per_minute: optionalCount,
  tokens_per_hour: optionalCount,
  tokens_per_day: optionalCount,
  concurrent_calls: optionalCount,
  concurrent_streams: optionalCount,
  usd_per_call: optionalUsd,
}

const grants = {
  models: { ...optionalTexts, description: 'Patterns with `*`; null allows every model.' },
  operations: { ...optionalTexts, description: 'Such as `chat.completions`; patterns with `*`.' },
  origins: { ...optionalTexts, description: 'Exact origins of web pages.' },
  ip_ranges: { ...optionalTexts, description: 'Addresses and CIDR ranges of callers.' },
}

const labels = { type: 'object', additionalProperties: text }

const key = {
  id: text,
  object: { const: 'key' },
  name: text,
  parent_id: optionalText,
  disabled: flag,
  expires_at: optionalTime,
  ...grants,
  limits: ref('Limits'),
  per_user: nullable(ref('Limits')),
  shadow: { ...flag, description: 'Count, and refuse nothing.' },
  default_max_tokens: optionalCount,
  labels,
  secrets: { type: 'array', items: ref('Secret') },
  created_at: time,
  updated_at: time,
}

/** What of a key can be set. Lists and limits that are null are taken away. */
const settable = {
  disabled: flag,
  expires_at: optionalTime,
  ...grants,
  limits: nullable(ref('LimitsInput')),
  per_user: nullable(ref('LimitsInput')),
  shadow: flag,
  default_max_tokens: optionalCount,
  labels: nullable(labels),
}

const broughtSecret = { ...optionalText, description: 'One that exists already elsewhere; else one is made.' }

const tokenPrices = {
  input: { ...usd, description: 'USD for a million tokens.' },
  output: usd,
  ...{ cached_input: optionalUsd, cache_write: optionalUsd, reasoning: optionalUsd },
  ...{ audio_input: optionalUsd, audio_output: optionalUsd, image_input: optionalUsd, image_output: optionalUsd },
}

const sums = {
  ...{ calls: whole, failed_calls: whole, unpriced_calls: whole, input_tokens: whole, output_tokens: whole },
  cost_usd: usdText,
}

const groups = { day: { type: 'string', format: 'date' }, key_id: text, end_user: text, provider: text, model: text }

const usageDetails = {
  ...{ input_tokens: whole, cached_input_tokens: whole, cache_write_tokens: whole, audio_input_tokens: whole },
  ...{ image_input_tokens: whole, output_tokens: whole, reasoning_tokens: whole, audio_output_tokens: whole },
  ...{ image_output_tokens: whole, audio_seconds: { type: 'number', minimum: 0 } },
}

const record = {
  ...{ seq: whole, id: text, request_id: text, attempt: whole, key_id: text, end_user: text },
  ...{ operation: text, provider: text, model: text, stream: flag, tags: texts },
  outcome: { enum: ['ok', 'rejected', 'upstream_error', 'interrupted', 'client_gone', 'unknown'] },
  ...{ status: whole, error_code: text, finish_reason: text },
  ...usageDetails,
  cost_usd: usdText,
  cost_source: { enum: ['usage', 'provider', 'estimated', 'reserved', 'none', 'unpriced'] },
  ...{ reserved_usd: usdText, would_refuse: texts, opened_at: time, settled_at: time },
  ...{ first_byte_ms: { type: 'number' }, duration_ms: { type: 'number' } },
}

const price = object({
  object: { const: 'price' },
  provider: text,
  model: text,
  source: { enum: ['config', 'table'] },
  ...tokenPrices,
  tiers: { type: 'array', items: object({ above_tokens: whole, ...tokenPrices }) },
  ...{ per_request: optionalUsd, per_image: optionalUsd, per_second: optionalUsd, per_character: optionalUsd },
  images: { type: 'array', items: object({ size: optionalText, quality: optionalText, usd }) },
  max_output_tokens: optionalCount,
})

const auditEntry = object({
  ...{ id: text, object: { const: 'audit_entry' }, at: time, actor: { enum: ['admin', 'cli'] } },
  ...{ address: optionalText, action: text, subject: optionalText, detail: { type: ['object', 'null'] } },
})

const balance = object({
  ...{ object: { const: 'balance' }, key_id: text, spent_usd: usdText, reserved_usd: usdText },
  ...{ day_usd: usdText, week_usd: usdText, month_usd: usdText, open_calls: whole, open_streams: whole },
})

/** RFC 9457. */
const problem = object(
  {
    ...{ type: { type: 'string', format: 'uri' }, title: text, status: whole, detail: text },
    code: { enum: Object.keys(errorTable) },
    param: { type: 'string', description: 'The field at fault.' },
  },
  ['param'],
)

/** The schemas of the admin API, by name. JSON Schema 2020-12. */
export const openApiSchemas: JsonObject = {
  Problem: problem,
  Budget: object(budget),
  BudgetInput: partial({ ...budget, time_zone: optionalText }, ['usd', 'per']),
  Limits: object({ ...limits, budgets: { type: 'array', items: ref('Budget') } }),
  LimitsInput: partial({ ...limits, budgets: { type: ['array', 'null'], items: ref('BudgetInput') } }),
  Secret: object({ hint: text, created_at: time, expires_at: optionalTime }),
  Key: object(key),
  KeyWithSecret: object({ ...key, secret: { ...optionalText, description: 'Told this once.' } }),
  KeyList: listOf(ref('Key')),
  NewKey: partial({ name: text, parent_id: optionalText, ...settable, secret: broughtSecret }, ['name']),
  KeyChange: partial({ name: text, ...settable }),
  Rotation: partial({ overlap_seconds: { type: ['integer', 'null'], minimum: 0 }, secret: broughtSecret }),
  DeletedKey: object({ id: text, object: { const: 'key.deleted' }, deleted: { const: true }, keys: whole }),
  Balance: balance,
  UsageRow: object({ ...groups, tag: text, ...sums }, [...Object.keys(groups), 'tag']),
  Record: object(record, ['error_code', 'finish_reason', 'first_byte_ms', ...Object.keys(usageDetails)]),
  Price: price,
  PriceList: listOf(ref('Price')),
  AuditEntry: auditEntry,
  AuditList: listOf(ref('AuditEntry')),
}
