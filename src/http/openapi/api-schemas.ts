import * as z from 'zod'
import { limitSchema } from '../../admin/reports/report-schemas.ts'

/** Responses of Weir's own endpoints below `/v1`. Handlers import only the types. */
const usd = () => z.number().min(0)
const whole = () => z.int().min(0)
const unixSeconds = () => whole().describe('Seconds since 1970.')
const time = () => z.string().meta({ format: 'date-time' })

export const errorSchema = z
  .looseObject({
    error: z.looseObject({
      message: z.string(),
      type: z.string().nullable(),
      param: z.string().nullish().describe('The field that caused the error.'),
      code: z
        .string()
        .nullish()
        .describe('Weir’s error codes are listed in its documentation; a provider’s codes pass unchanged.'),
    }),
  })
  .describe('An error in the format of OpenAI’s API.')

export const anthropicErrorSchema = z
  .looseObject({
    type: z.literal('error'),
    error: z.looseObject({
      type: z.string(),
      message: z.string(),
      code: z.string().optional().describe('Weir’s error code; absent in an error of the provider.'),
      param: z.string().optional().describe('The field that caused the error.'),
    }),
    request_id: z.string().nullish(),
  })
  .describe('An error in the format of Anthropic’s API.')

export const geminiErrorSchema = z
  .looseObject({
    error: z.looseObject({
      code: whole().describe('The HTTP status.'),
      message: z.string(),
      status: z.string(),
      details: z
        .array(z.looseObject({ '@type': z.string() }))
        .optional()
        .describe(
          'Weir’s error code as the `reason` of an `ErrorInfo`, and the field as a violation of a `BadRequest`.',
        ),
    }),
  })
  .describe('An error in the format of Gemini’s API.')

export const geminiModelSchema = z
  .strictObject({
    name: z.string().describe('`models/` and the id.'),
    displayName: z.string(),
    inputTokenLimit: whole().optional(),
    outputTokenLimit: whole().optional(),
    supportedGenerationMethods: z.array(z.string()),
  })
  .describe('A model that the caller may use, or an alias, in the format of Gemini’s API.')

export const geminiModelListSchema = z.strictObject({
  models: z.array(geminiModelSchema),
  nextPageToken: z.string().describe('The `pageToken` of the next page. Absent on the last page.').optional(),
})

const modalitySchema = z.enum(['text', 'image', 'audio', 'video', 'file', 'embedding'])

export const modelSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('model'),
    created: unixSeconds(),
    owned_by: z.string(),
    context_length: whole().describe('The context window in tokens, if known.').optional(),
    top_provider: z
      .strictObject({ max_completion_tokens: whole() })
      .describe('The maximum number of output tokens, if known.')
      .optional(),
    architecture: z
      .strictObject({ input_modalities: z.array(modalitySchema), output_modalities: z.array(modalitySchema) })
      .describe('The input and output modalities, if known.')
      .optional(),
    shutdown_date: z.string().describe('The day on which the provider shuts the model down, if announced.').optional(),
  })
  .describe('A model that the caller may use, or an alias.')

export const modelListSchema = z.strictObject({ object: z.literal('list'), data: z.array(modelSchema) })

const sessionFields = {
  id: z.string(),
  object: z.literal('session'),
  title: z.string().nullable(),
  created_at: unixSeconds(),
  updated_at: unixSeconds(),
  message_count: whole(),
}

export const sessionSchema = z.strictObject(sessionFields).describe('A chat whose messages Weir stores.')

export const sessionInputSchema = z.strictObject({
  title: z.string().max(200).nullable().describe('The title. Null removes it.'),
})

export const messageSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('session.message'),
    position: z.int().min(1).describe('The position in the session, counted from 1 without gaps.'),
    role: z.string(),
    content: z.unknown().describe('The content as sent or received.'),
    status: z.enum(['complete', 'incomplete']),
    model: z.string().nullable(),
    created_at: unixSeconds(),
  })
  .describe('A message of a session. Other fields of the message, such as `tool_calls`, are included.')

export const sessionListSchema = listOf(sessionSchema)
export const messageListSchema = listOf(messageSchema)

export const sessionExportSchema = z.strictObject({ ...sessionFields, messages: z.array(messageSchema) })

export const deletedSessionSchema = z.strictObject({
  id: z.string(),
  object: z.literal('session.deleted'),
  deleted: z.literal(true),
})

export const currentKeySchema = z
  .strictObject({
    label: z.string(),
    name: z.string(),
    limit: usd().nullable().describe('The budget with the least money left, in USD. Null if the key has none.'),
    limit_remaining: usd().nullable(),
    limit_reset: z.string().nullable(),
    usage: usd().describe('All spending so far, in USD.'),
    usage_daily: usd(),
    usage_weekly: usd(),
    usage_monthly: usd(),
    byok_usage: usd(),
    byok_usage_daily: usd(),
    byok_usage_weekly: usd(),
    byok_usage_monthly: usd(),
    include_byok_in_limit: z.boolean(),
    is_free_tier: z.boolean(),
    is_provisioning_key: z.boolean(),
    is_management_key: z.boolean(),
    creator_user_id: z.null(),
    expires_at: time().nullable(),
    rate_limit: z.strictObject({ requests: z.number(), interval: z.string(), note: z.string() }),
    usage_reserved: usd().describe('USD reserved for calls in progress.'),
    limits: z.array(limitSchema).readonly(),
  })
  .describe('The caller’s key in the format of OpenRouter, with every limit of Weir in `limits`.')

export const generationSchema = z
  .strictObject({
    id: z.string(),
    request_id: z.string(),
    created_at: time(),
    model: z.string(),
    provider_name: z.string(),
    total_cost: usd().nullable().describe('Cost in USD. Null if no price is known.'),
    usage: usd().nullable(),
    cache_discount: z.null(),
    upstream_inference_cost: z.null(),
    is_byok: z.boolean(),
    streamed: z.boolean(),
    cancelled: z.boolean(),
    latency: z.number().describe('Milliseconds.'),
    generation_time: z.number(),
    moderation_latency: z.null(),
    finish_reason: z.string().nullable(),
    native_finish_reason: z.string().nullable(),
    tokens_prompt: whole().nullable(),
    tokens_completion: whole().nullable(),
    native_tokens_prompt: whole().nullable(),
    native_tokens_completion: whole().nullable(),
    native_tokens_reasoning: whole().nullable(),
    native_tokens_cached: whole().nullable(),
    external_user: z.string().nullable(),
    tags: z.array(z.string()).readonly(),
    operation: z.string(),
    outcome: z.string(),
    cost_source: z.string(),
    status: whole(),
    error_code: z.string().nullable(),
  })
  .describe('One call in the format of OpenRouter, with the outcome and the cost source of Weir.')

export const subscriptionSchema = z
  .strictObject({
    object: z.literal('billing_subscription'),
    has_payment_method: z.literal(true),
    soft_limit_usd: usd(),
    hard_limit_usd: usd().describe('All usage so far plus the remaining budget; 100,000,000 without a budget.'),
    system_hard_limit_usd: usd(),
    access_until: unixSeconds(),
  })
  .describe('The limit in the format of OpenAI’s former billing API.')

export const billingUsageSchema = z
  .strictObject({ object: z.literal('list'), total_usage: z.number().describe('All usage so far, in US cents.') })
  .describe('The usage in the format of OpenAI’s former billing API.')

export const healthSchema = z.strictObject({ status: z.string() })

export type SessionObject = z.output<typeof sessionSchema>
export type MessageObject = z.output<typeof messageSchema>
export type CurrentKeyObject = z.output<typeof currentKeySchema>
export type GenerationObject = z.output<typeof generationSchema>

function listOf(item: z.ZodType) {
  return z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    has_more: z.boolean(),
    next: z
      .union([z.string(), z.int(), z.null()])
      .describe('The value of `after`, or of `before`, for the next page. Null on the last page.'),
  })
}
