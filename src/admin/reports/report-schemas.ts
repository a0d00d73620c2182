import * as z from 'zod'
import { failureKinds, strategies } from '../../config/route-settings.ts'
import { conditions } from '../../routing/rank-targets.ts'
import { time } from '../../schema/field-types.ts'

/**
 * Responses of the admin API, except keys. Other code imports only their types; the schemas are loaded with the API
 * description.
 */
const usdString = () => z.string().regex(/^\d+(\.\d{1,9})?$/)
const whole = () => z.int().min(0)
const usd = () => z.number().min(0)

export const limitSchema = z
  .strictObject({
    limit: z.string().describe('Such as `requests/minute`, `budget/month` or `concurrent_calls`.'),
    key_id: z.string().describe('The id of the key with this limit: the key itself or an ancestor.'),
    unit: z.string(),
    allowed: z.number(),
    used: z.number(),
    remaining: z.number(),
    resets_at: time().nullable(),
  })
  .describe('The status of one limit.')

export const balanceSchema = z
  .strictObject({
    object: z.literal('balance'),
    key_id: z.string(),
    spent_usd: usdString().describe('All spending so far.'),
    reserved_usd: usdString().describe('Reserved for calls in progress.'),
    day_usd: usdString().describe('Today, in UTC.'),
    week_usd: usdString().describe('This week, in UTC.'),
    month_usd: usdString().describe('This month, in UTC.'),
    open_calls: whole(),
    open_streams: whole(),
    limits: z.array(limitSchema).readonly().describe('The limits of the key and of its ancestors.'),
  })
  .describe('The spending of a key and its descendants. USD amounts are exact strings with at most nine decimals.')

const spendingSchema = z.strictObject({
  spent_usd: usdString().describe('All spending so far.'),
  day_usd: usdString().describe('Today, in UTC.'),
  week_usd: usdString(),
  month_usd: usdString(),
})

export const reconciliationSchema = z
  .strictObject({
    object: z.literal('reconciliation'),
    key_id: z
      .string()
      .describe('The root of the key family. A key is reconciled with all its ancestors and descendants.'),
    dry_run: z.boolean().describe('True if nothing was changed.'),
    changed: whole().describe('The number of keys and end users whose balance differed from their records.'),
    changes: z
      .array(
        z.strictObject({
          key_id: z.string(),
          end_user: z.string().nullable().describe('Null for the key itself; empty for calls that name no user.'),
          counted: spendingSchema.describe('The balance before the reconciliation.'),
          recorded: spendingSchema.describe('The balance from the records, which is the new balance.'),
        }),
      )
      .readonly()
      .describe('The first 1,000 changes.'),
  })
  .describe('Differences between the balances of a key family and its records.')

export const usageRowSchema = z
  .strictObject({
    day: z.string().meta({ format: 'date' }).optional(),
    key_id: z.string().optional(),
    end_user: z.string().optional(),
    provider: z.string().optional(),
    model: z.string().optional(),
    tag: z.string().optional(),
    route: z.string().optional(),
    failure: z.string().optional().describe('Empty for attempts that did not fail.'),
    calls: whole(),
    failed_calls: whole(),
    unpriced_calls: whole().describe('Calls without a known price. `cost_usd` excludes them.'),
    input_tokens: whole(),
    output_tokens: whole(),
    cost_usd: usdString(),
  })
  .describe('Usage totals with the values of the grouped dimensions.')

export const recordSchema = z
  .strictObject({
    seq: whole().describe('The sequence number among all records.'),
    id: z.string(),
    request_id: z.string(),
    attempt: whole().describe('1 for the first attempt of a call.'),
    key_id: z.string(),
    end_user: z.string(),
    operation: z.string(),
    provider: z.string(),
    model: z.string(),
    stream: z.boolean(),
    tags: z.array(z.string()).readonly(),
    outcome: z.enum(['ok', 'rejected', 'upstream_error', 'interrupted', 'client_gone', 'unknown']),
    status: whole(),
    error_code: z.string().optional(),
    route: z.string().optional().describe('The route that chose the target.'),
    failure: z.string().optional().describe('Why the attempt failed: a kind of `on_failure`.'),
    finish_reason: z.string().optional(),
    input_tokens: whole().optional(),
    cached_input_tokens: whole().optional(),
    cache_write_tokens: whole().optional(),
    audio_input_tokens: whole().optional(),
    image_input_tokens: whole().optional(),
    output_tokens: whole().optional(),
    reasoning_tokens: whole().optional(),
    audio_output_tokens: whole().optional(),
    image_output_tokens: whole().optional(),
    audio_seconds: z.number().min(0).optional(),
    cost_usd: usdString(),
    cost_source: z.enum(['usage', 'provider', 'estimated', 'reserved', 'none', 'unpriced', 'corrected']),
    booked_usd: usdString().optional().describe('The original cost of a corrected record.'),
    reserved_usd: usdString(),
    would_refuse: z
      .array(z.string())
      .readonly()
      .describe('Limits that would have refused the call without shadow mode.'),
    opened_at: time(),
    settled_at: time(),
    first_byte_ms: z.number().optional(),
    duration_ms: z.number(),
  })
  .describe('The record of one attempt. Usage fields that the provider did not report are omitted.')

const tokenPrices = {
  input: usd().describe('USD per million tokens, as are the prices of tokens below.'),
  output: usd(),
  cached_input: usd().nullable().describe('Null: same price as `input`.'),
  cache_write: usd().nullable(),
  long_cache_write: usd().nullable().describe('Null: same price as `cache_write`.'),
  reasoning: usd().nullable().describe('Null: same price as `output`.'),
  audio_input: usd().nullable(),
  audio_output: usd().nullable(),
  image_input: usd().nullable(),
  image_output: usd().nullable(),
}

const tierSchema = z.strictObject({ above_tokens: whole(), ...tokenPrices })
const servicePriceSchema = z.strictObject({
  tier: z.enum(['fast', 'ultrafast', 'flex', 'batch']),
  ...tokenPrices,
  tiers: z.array(tierSchema).readonly(),
})
const imagePriceSchema = z.strictObject({ size: z.string().nullable(), quality: z.string().nullable(), usd: usd() })

export const priceSchema = z
  .strictObject({
    object: z.literal('price'),
    provider: z.string(),
    model: z.string(),
    source: z.enum(['config', 'table']).describe('`config`: configured by the operator. `table`: built into Weir.'),
    ...tokenPrices,
    tiers: z.array(tierSchema).readonly().describe('Prices for long input.'),
    services: z
      .array(servicePriceSchema)
      .readonly()
      .describe('Prices for calls that the provider served in another service tier.'),
    per_request: usd().nullable().describe('USD per request. Null, here and in the fields below: free.'),
    per_image: usd().nullable(),
    images: z.array(imagePriceSchema).readonly(),
    per_second: usd().nullable(),
    per_sound_second: usd()
      .nullable()
      .describe('USD per second of audio in a chat, in addition to tokens. Only in the built-in table.'),
    per_character: usd().nullable(),
    per_web_search: usd().nullable(),
    per_web_search_preview: usd().nullable().describe('Null: same price as `per_web_search`.'),
    per_file_search: usd().nullable(),
    max_output_tokens: z.int().min(1).nullable(),
  })
  .describe('The prices of a model, with the field names of `prices` in the configuration.')

const breakerSchema = z
  .strictObject({
    state: z
      .enum(['closed', 'open', 'half_open'])
      .describe('`open`: the target comes after those that are well. `half_open`: the next call probes it.'),
    open_until: time().nullable(),
    failures: whole().describe('Consecutive failures.'),
  })
  .describe('A circuit breaker.')

const explainedTargetSchema = z.strictObject({
  target: z.string().describe('`provider/model`, as it is sent.'),
  position: z.int().min(1).nullable().describe('1 for the target that is tried first. Null if it is left out.'),
  left_out: z
    .enum(['condition', 'listed_before', 'provider_unavailable', 'operation_not_supported', 'model_not_allowed'])
    .nullable()
    .describe('Why the target is not tried.'),
  route: z.string().nullable().describe('The route that lists the target, which may be inside the other.'),
  weight: whole().nullable(),
  percent: whole().nullable(),
  conditions: z
    .array(z.strictObject({ condition: z.enum(conditions), holds: z.boolean() }))
    .readonly()
    .describe('Also those of the routes that lead to it.'),
  account_breaker: breakerSchema.describe('Of all models of the provider.'),
  model_breaker: breakerSchema,
  first_token_ms: whole()
    .nullable()
    .describe('The measured time to the first token of a stream. Null without one, as the next two.'),
  answer_ms: whole().nullable().describe('The measured time to a whole answer.'),
  tokens_per_second: whole().nullable().describe('Output tokens, from the request to the end of the answer.'),
  calls_in_progress: whole(),
  usual_cost_usd: usd().nullable().describe('The price of a call with `usual_tokens`. Null without a price.'),
  key_allows: z.boolean().describe('True without `key_id`.'),
  api: z
    .enum(['native', 'translated', 'none'])
    .describe('`translated`: the provider has another API, to which the call is translated.'),
  replaces: z.string().nullable().describe('The retired model whose successor the target is.'),
})

export const routeExplanationSchema = z
  .strictObject({
    object: z.literal('route_explanation'),
    model: z.string(),
    operation: z.string(),
    at: time(),
    route: z.string().nullable().describe('Null for a plain model, which has one target.'),
    strategy: z.enum(strategies).nullable(),
    max_attempts: z.int().min(1),
    retries: whole().describe('Further rounds over the targets after all have failed for the moment.'),
    max_wait_ms: whole().describe('The longest wait before such a round.'),
    is_random: z.boolean().describe('A random number decided something: another call may have another order.'),
    usual_tokens: z
      .strictObject({ input: whole(), cached_input: whole(), output: whole() })
      .describe('The averages of the calls that this process has served.'),
    targets: z.array(explainedTargetSchema).readonly().describe('In the order of attempts; then those left out.'),
    after_failure: z
      .array(
        z.strictObject({
          kind: z.enum(failureKinds.map(({ kind }) => kind)),
          set_by: z.enum(['default', 'on_failure']),
          targets: z
            .array(z.string())
            .readonly()
            .describe('Those that follow if the first target fails so. Empty: the failure is the answer.'),
        }),
      )
      .readonly(),
  })
  .describe('How a call would be routed, with the health of the targets as this process knows it.')

export const auditEntrySchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('audit_entry'),
    at: time(),
    actor: z.enum(['admin', 'cli']).describe('`admin`: over HTTP. `cli`: the command line on the server.'),
    person_id: z.string().nullable().describe('The id of the person. Null if the author is no person.'),
    author: z
      .string()
      .describe(
        'The name of the person at that time; else `admin secret`, `cli`, `link` for the holder of a one-time link, or `unknown` for a refused sign-in.',
      ),
    address: z.string().nullable(),
    action: z.string(),
    subject: z.string().nullable().describe('The id of the key, the record, the person or the link.'),
    detail: z.record(z.string(), z.unknown()).nullable(),
  })
  .describe('One change. It contains no secret.')

export type LimitObject = z.output<typeof limitSchema>
export type BalanceObject = Readonly<z.output<typeof balanceSchema>>
export type ReconciliationObject = Readonly<z.output<typeof reconciliationSchema>>
export type RecordObject = Readonly<z.output<typeof recordSchema>>
export type PriceObject = Readonly<z.output<typeof priceSchema>>
export type RouteExplanationObject = Readonly<z.output<typeof routeExplanationSchema>>
export type AuditObject = Readonly<z.output<typeof auditEntrySchema>>
