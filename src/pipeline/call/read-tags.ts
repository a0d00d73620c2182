import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, parseJsonObject } from '../../core/json.ts'
import { readAgentTags } from '../../dialects/agent-tags.ts'
import type { RequestLabels } from '../../dialects/dialect.ts'
import { type Call, type CallRequest, fieldsOf } from './call.ts'

export type LabelledCall = Pick<Call, 'operation' | 'headers' | 'metadata'>

/** The labels of a dialect that has fields of its own for them. */
export function readDialectLabels(
  { operation, headers }: LabelledCall,
  request: CallRequest,
): RequestLabels | undefined {
  return operation.dialect.readLabels?.(fieldsOf(request), headers)
}

/** The limit of Cloudflare's gateway. https://developers.cloudflare.com/ai-gateway/observability/custom-metadata/ */
export const maxTags = 5
const maxTagLength = 128

const noTags: readonly string[] = []

/**
 * Reads the labels that split the caller's usage reports: the entries of the header `cf-aig-metadata`, else of OpenAI's
 * body field `metadata` and the session of an agent, or those of another dialect; each as `name:value`. Throws
 * GatewayError `invalid_value` if the header is not a small JSON object. `first` are the tags of the caller's token,
 * which come first.
 */
export function readTags(
  call: LabelledCall,
  request: CallRequest,
  first: readonly string[] = noTags,
): readonly string[] {
  const { metadata } = call
  const tags = metadata === undefined ? readBodyTags(call, request) : toTags(parseHeader(metadata))
  return first.length === 0 ? tags : [...first, ...tags].slice(0, maxTags)
}

function readBodyTags(call: LabelledCall, request: CallRequest): readonly string[] {
  const labels = readDialectLabels(call, request)
  if (labels !== undefined) return labels.tags
  const { metadata } = fieldsOf(request)
  const session = readAgentTags(call.headers)
  return isJsonObject(metadata) ? [...toTags(metadata), ...session].slice(0, maxTags) : session
}

function parseHeader(json: string): Readonly<Record<string, unknown>> {
  const object = parseJsonObject(json)
  if (object !== undefined && Object.keys(object).length <= maxTags) return object
  throw new GatewayError(
    'invalid_value',
    `The header cf-aig-metadata must be a JSON object of at most ${maxTags} strings, numbers or booleans, such as {"team":"blue"}.`,
    { param: 'cf-aig-metadata' },
  )
}

/** Converts the strings, numbers and booleans of an object to tags. */
export function toTags(object: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(object)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .slice(0, maxTags)
    .map(([name, value]) => `${name}:${String(value)}`.slice(0, maxTagLength).toWellFormed())
}
