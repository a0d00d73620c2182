import type { JsonObject } from '../core/json.ts'
import { editJson, removeMember } from './edit-json.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/** The fields of a request that change for another model; undefined takes a field out. */
export type RequestFit = (body: JsonObject) => Readonly<Record<string, unknown>>

/** The body with fields set and taken out; the rest of its text stays as it came. */
export function fitRequest(body: ParsedJsonBody, toFields: RequestFit): ParsedJsonBody {
  const { text, object } = body
  const edits = Object.entries(toFields(object))
  const set = Object.fromEntries(edits.filter(([, value]) => value !== undefined))
  const removed = edits.flatMap(([name, value]) => (value === undefined ? [name] : []))
  const fitted: Record<string, unknown> = { ...object, ...set }
  for (const name of removed) delete fitted[name]
  return { ...body, text: editJson(removed.reduce(removeMember, text), set), object: fitted }
}

/**
 * A chat with a model that did not reason, for one that does. Without reasoning it takes a temperature, and its answer does not use up on
 * thoughts the tokens that the caller allowed. Source: https://developers.openai.com/api/docs/guides/latest-model, read 2026-11-28: "When
 * reasoning effort is not none, remove temperature, top_p, and top_logprobs."
 */
export const toReasoningChat: RequestFit = (body) => ({
  ...(body.reasoning_effort === undefined && { reasoning_effort: 'none' }),
  ...(body.max_tokens !== undefined && {
    max_tokens: undefined,
    // Both together are refused.
    ...(body.max_completion_tokens === undefined && { max_completion_tokens: body.max_tokens }),
  }),
  ...withoutPenalties(body),
})

/** The same for the Responses API. */
export const toReasoningResponse: RequestFit = (body) => ({
  ...(body.reasoning === undefined && { reasoning: { effort: 'none' } }),
})

/** Reasoning models answer 400 to them. */
function withoutPenalties(body: JsonObject): Readonly<Record<string, undefined>> {
  const refused = ['frequency_penalty', 'presence_penalty', 'logit_bias']
  return Object.fromEntries(refused.filter((name) => body[name] !== undefined).map((name) => [name, undefined]))
}

const sizes: Readonly<Record<string, string>> = {
  '1792x1024': '1536x1024',
  '1024x1792': '1024x1536',
  '256x256': '1024x1024',
  '512x512': '1024x1024',
}
const qualities: Readonly<Record<string, string>> = { standard: 'medium', hd: 'high' }

/**
 * A picture of the DALL·E models for those that came after them: the nearest size and quality. They have no styles and answer in base64
 * only. Source: https://platform.openai.com/docs/api-reference/images/create
 */
export const toGptImage: RequestFit = ({ size, quality, style, response_format: format }) => ({
  ...(typeof size === 'string' && sizes[size] !== undefined && { size: sizes[size] }),
  ...(typeof quality === 'string' && qualities[quality] !== undefined && { quality: qualities[quality] }),
  ...(style !== undefined && { style: undefined }),
  ...(format !== undefined && { response_format: undefined }),
})
