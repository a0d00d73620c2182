import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import { toUsd } from '../../core/usd.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import { requireMetering } from '../../pipeline/call/require-ports.ts'
import type { LedgerRecord } from '../../storage/ledger/ledger.ts'
import type { GenerationObject } from '../openapi/api-schemas.ts'
import { readQuery, string } from '../query.ts'
import type { CallerRequest } from '../route.ts'

export const generationQuery = { id: string('The `x-generation-id` of a response.') }

/** `GET /v1/generation`: returns one finished call of the caller's key. A call of another key is not found (S31). */
export async function retrieveGeneration({ caller, ports, target }: CallerRequest): Promise<GatewayResponse> {
  const { id } = readQuery(target.query, generationQuery)
  if (id === undefined)
    throw new GatewayError('missing_required_parameter', 'Name the call: /v1/generation?id=gen_…', { param: 'id' })
  const { usage } = requireMetering(ports)
  const record = /^gen_[0-9a-f]{32}$/.test(id) ? await usage.record(id) : undefined
  if (record !== undefined && isOwn(record, caller)) return toJsonResponse(200, { data: toGeneration(record) })
  const hint =
    ports.settings.metering.isLight && caller.key === undefined
      ? ' Calls sent before the first virtual key was created have no records (`metering.mode: light`).'
      : ''
  throw new GatewayError(
    'generation_not_found',
    `This key has no finished call with this id. Send the \`x-generation-id\` of a response, after the call has finished.${hint}`,
    { param: 'id' },
  )
}

/** A token without an end user sees none: another token of its key may have made the call. */
function isOwn({ keyId, endUser }: LedgerRecord, caller: Caller): boolean {
  if (keyId !== caller.keyId) return false
  return caller.userToken === undefined || (endUser !== '' && endUser === caller.userToken.endUser)
}

/**
 * Converts a record to OpenRouter's generation object, with Weir's outcome and cost source. Fields unknown to Weir are
 * null.
 * Source: https://openrouter.ai/docs/api/api-reference/generations/get-generation
 */
function toGeneration(record: LedgerRecord): GenerationObject {
  const { usage, durationMs, firstByteMs = 0 } = record
  const cost = record.costSource === 'unpriced' ? null : toUsd(record.costNano)
  return {
    id: record.id,
    request_id: record.requestId,
    created_at: new Date(record.openedAt).toISOString(),
    model: record.model,
    provider_name: record.provider,
    total_cost: cost,
    usage: cost,
    cache_discount: null,
    upstream_inference_cost: null,
    // A call paid by the caller's own provider key is counted but has no cost here.
    is_byok: record.costSource === 'none' && usage !== undefined,
    streamed: record.isStream,
    cancelled: record.outcome === 'client_gone',
    latency: durationMs,
    generation_time: Math.max(0, durationMs - firstByteMs),
    moderation_latency: null,
    finish_reason: record.finishReason ?? null,
    native_finish_reason: record.finishReason ?? null,
    tokens_prompt: usage?.inputTokens ?? null,
    tokens_completion: usage?.outputTokens ?? null,
    native_tokens_prompt: usage?.inputTokens ?? null,
    native_tokens_completion: usage?.outputTokens ?? null,
    native_tokens_reasoning: usage?.reasoningTokens ?? null,
    native_tokens_cached: usage?.cachedInputTokens ?? null,
    external_user: record.endUser === '' ? null : record.endUser,
    tags: record.tags,
    operation: record.operation,
    outcome: record.outcome,
    cost_source: record.costSource,
    status: record.status,
    error_code: record.errorCode ?? null,
  }
}
