import * as z from 'zod'
import { time } from '../keys/field-types.ts'

/**
 * The responses of the admin API beside keys. The code that makes them imports their types alone; the schemas are loaded with the
 * description of the API.
 */
const usdString = () => z.string().regex(/^\d+(\.\d{1,9})?$/)
const whole = () => z.int().min(0)
const usd = () => z.number().min(0)

export const limitSchema = z
  .strictObject({
    limit: z.string().describe('Such as `requests/minute`, `budget/month` or `concurrent_calls`.'),
    key_id: z.string().describe('The key, or the key above it, that has the limit.'),
    unit: z.string(),
    allowed: z.number(),
    used: z.number(),
    remaining: z.number(),
    resets_at: time().nullable(),
  })
  .describe('How one limit stands.')

export const balanceSchema = z
  .strictObject({
    object: z.literal('balance'),
    key_id: z.string(),
    spent_usd: usdString().describe('In all.'),
    reserved_usd: usdString().describe('Reserved for calls that are open.'),
    day_usd: usdString().describe('Today, in UTC.'),
    week_usd: usdString().describe('This week, in UTC.'),
    month_usd: usdString().describe('This month, in UTC.'),
    open_calls: whole(),
    open_streams: whole(),
    limits: z.array(limitSchema).readonly().describe('Its own, and those of the keys above it.'),
  })
  .describe('The spending of a key, with all keys below it. USD as strings of at most nine decimals, exactly.')

const spendingSchema = z.strictObject({
  spent_usd: usdString().describe('In all.'),
  day_usd: usdString().describe('Today, in UTC.'),
  week_usd: usdString(),
  month_usd: usdString(),
})

export const reconciliationSchema = z
  .strictObject({
    object: z.literal('reconciliation'),
    key_id: z.string().describe('The root of the family: keys are reconciled with those above and below them.'),
    dry_run: z.boolean().describe('True where nothing was changed.'),
    changed: whole().describe('Keys and end users whose balance differed from their records.'),
    changes: z
      .array(
        z.strictObject({
          key_id: z.string(),
          end_user: z.string().nullable().describe('Null for the key itself; empty for its calls that name no user.'),
          counted: spendingSchema.describe('The balance before.'),
          recorded: spendingSchema.describe('The balance as the records have it, which holds from now on.'),
        }),
      )
      .readonly()
      .describe('The first 1,000 of them.'),
  })
  .describe('What differed between the balances of a family of keys and its records.')

export const usageRowSchema = z
  .strictObject({
    day: z.string().meta({ format: 'date' }).optional(),
    key_id: z.string().optional(),
    end_user: z.string().optional(),
    provider: z.string().optional(),
    model: z.string().optional(),
    tag: z.string().optional(),
    calls: whole(),
    failed_calls: whole(),
    unpriced_calls: whole().describe('Calls whose price is not known; the cost leaves them out.'),
    input_tokens: whole(),
    output_tokens: whole(),
    cost_usd: usdString(),
  })
  .describe('One sum of usage, with the values that it is grouped by.')

export const recordSchema = z
  .strictObject({
    seq: whole().describe('Its place in the order of all records.'),
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
    booked_usd: usdString().optional().describe('The cost as it was booked, where it was corrected since.'),
    reserved_usd: usdString(),
    would_refuse: z.array(z.string()).readonly().describe('Limits that a key in shadow mode would have refused for.'),
    opened_at: time(),
    settled_at: time(),
    first_byte_ms: z.number().optional(),
    duration_ms: z.number(),
  })
  .describe('The record of one attempt. Details of the usage are left out if the provider did not report them.')

const tokenPrices = {
  input: usd().describe('USD for a million tokens.'),
  output: usd(),
  cached_input: usd().nullable().describe('Null is priced as `input`.'),
  cache_write: usd().nullable(),
  long_cache_write: usd().nullable().describe('Null is priced as `cache_write`.'),
  reasoning: usd().nullable().describe('Null is priced as `output`.'),
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
    source: z.enum(['config', 'table']).describe('`config` for prices of the operator, `table` for those of Weir.'),
    ...tokenPrices,
    tiers: z.array(tierSchema).readonly().describe('Other prices for long input.'),
    services: z
      .array(servicePriceSchema)
      .readonly()
      .describe('Other prices for calls that the provider served in this tier.'),
    per_request: usd().nullable().describe('USD. Null costs nothing; so do the others below.'),
    per_image: usd().nullable(),
    images: z.array(imagePriceSchema).readonly(),
    per_second: usd().nullable(),
    per_sound_second: usd().nullable().describe('Of sound in a chat, on top of its tokens. The table alone has it.'),
    per_character: usd().nullable(),
    per_web_search: usd().nullable(),
    per_web_search_preview: usd().nullable().describe('Null is priced as `per_web_search`.'),
    per_file_search: usd().nullable(),
    max_output_tokens: z.int().min(1).nullable(),
  })
  .describe('The prices of a model. The names are those of `prices` in the configuration.')

export const auditEntrySchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('audit_entry'),
    at: time(),
    actor: z.enum(['admin', 'cli']).describe('`admin` over HTTP, `cli` on the machine itself.'),
    address: z.string().nullable(),
    action: z.string(),
    subject: z.string().nullable().describe('The id of the key or the record.'),
    detail: z.record(z.string(), z.unknown()).nullable(),
  })
  .describe('One change. It holds no secret.')

export type LimitObject = z.output<typeof limitSchema>
export type BalanceObject = Readonly<z.output<typeof balanceSchema>>
export type ReconciliationObject = Readonly<z.output<typeof reconciliationSchema>>
export type RecordObject = Readonly<z.output<typeof recordSchema>>
export type PriceObject = Readonly<z.output<typeof priceSchema>>
export type AuditObject = Readonly<z.output<typeof auditEntrySchema>>
