import type { JsonObject } from '../core/json.ts'
import { editJson, removeMember } from './edit-json.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/** Returns the fields of a request that change for another model; undefined removes a field. */
export type RequestFit = (body: JsonObject) => Readonly<Record<string, unknown>>

/** Sets and removes fields of a body; the rest of its text stays unchanged. */
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
 * Adapts a chat request from a model without reasoning to one with reasoning. With reasoning off, the model accepts a
 * temperature and does not spend the caller's token limit on reasoning.
 * Source: https://developers.openai.com/api/docs/guides/latest-model, read 2026-11-28: "When reasoning effort is not
 * none, remove temperature, top_p, and top_logprobs."
 */
export const toReasoningChat: RequestFit = (body) => ({
  ...(body.reasoning_effort === undefined && { reasoning_effort: 'none' }),
  ...(body.max_tokens !== undefined && {
    max_tokens: undefined,
    // OpenAI rejects both together.
    ...(body.max_completion_tokens === undefined && { max_completion_tokens: body.max_tokens }),
  }),
  ...withoutPenalties(body),
})

/** Adapts a request of the Responses API in the same way. */
export const toReasoningResponse: RequestFit = (body) => ({
  ...(body.reasoning === undefined && { reasoning: { effort: 'none' } }),
})

/** Removes the fields that reasoning models reject with 400. */
function withoutPenalties(body: JsonObject): Readonly<Record<string, undefined>> {
  const unsupported = ['frequency_penalty', 'presence_penalty', 'logit_bias']
  return Object.fromEntries(unsupported.filter((name) => body[name] !== undefined).map((name) => [name, undefined]))
}

const sizes: Readonly<Record<string, string>> = {
  '1792x1024': '1536x1024',
  '1024x1792': '1024x1536',
  '256x256': '1024x1024',
  '512x512': '1024x1024',
}
const qualities: Readonly<Record<string, string>> = { standard: 'medium', hd: 'high' }

/**
 * Adapts a DALL·E request to the GPT image models: the nearest size and quality. These have no styles and return base64
 * only. Source: https://platform.openai.com/docs/api-reference/images/create
 */
export const toGptImage: RequestFit = ({ size, quality, style, response_format: format }) => ({
  ...(typeof size === 'string' && sizes[size] !== undefined && { size: sizes[size] }),
  ...(typeof quality === 'string' && qualities[quality] !== undefined && { quality: qualities[quality] }),
  ...(style !== undefined && { style: undefined }),
  ...(format !== undefined && { response_format: undefined }),
})
