import { didYouMean } from '../../core/did-you-mean.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { Api } from '../../dialects/operations.ts'
import { type ListedModel, listModels } from '../../pipeline/routing/list-models.ts'
import { refreshModels } from '../../pipeline/routing/reported-models.ts'
import { apiOf } from '../api-of.ts'
import { limit } from '../list.ts'
import { count, readQuery, string } from '../query.ts'
import type { CallerRequest } from '../route.ts'

/**
 * `GET /v1/models`: lists the models and aliases that the caller may use in its client's API, in the shape of that API;
 * `x-weir-not-kept` lists what this server cannot store.
 * Source: https://platform.openai.com/docs/api-reference/models/list
 */
export async function handleModelList({ caller, ports, incoming, target }: CallerRequest): Promise<GatewayResponse> {
  await refreshModels(ports, incoming.defer)
  const api = apiOf(incoming)
  const models = listModels(caller, ports, api)
  const body = toPage[api](models, target.query)
  const notKept = listNotKept(ports)
  return toJsonResponse(200, body, notKept.length === 0 ? {} : { 'x-weir-not-kept': notKept.join(', ') })
}

/** The list in the shape of each API. */
const toPage: Readonly<Record<Api, (models: readonly ListedModel[], query: string) => object>> = {
  openai: (models) => ({ object: 'list', data: models.map(toModel) }),
  anthropic: toAnthropicPage,
  gemini: toGeminiPage,
}

const toOwnModel: Readonly<Record<Api, (model: ListedModel) => object>> = {
  openai: toModel,
  anthropic: toAnthropicModel,
  gemini: toGeminiModel,
}

/** Lists what this server has no storage for, for the start page. `/readyz` hides it from strangers (S77). */
function listNotKept({ settings, storage, keys, metering }: CallerRequest['ports']): readonly string[] {
  return [
    ...(storage === undefined ? ['sessions'] : []),
    ...(keys === undefined ? ['keys'] : []),
    ...(settings.metering.isEnabled && metering === undefined ? ['records'] : []),
    ...(settings.images.keep && storage?.blobs === undefined ? ['pictures'] : []),
  ]
}

/** `GET /v1/models/{model}`: returns one model. The id may contain slashes, raw or as `%2F`. */
export async function retrieveModel({
  caller,
  id: encodedId,
  ports,
  incoming,
}: CallerRequest): Promise<GatewayResponse> {
  const id = decodeModel(encodedId)
  const api = apiOf(incoming)
  let cards = listModels(caller, ports, api)
  let card = cards.find((candidate) => candidate.id === id)
  if (card === undefined) {
    await refreshModels(ports, incoming.defer)
    cards = listModels(caller, ports, api)
    card = cards.find((candidate) => candidate.id === id)
  }
  if (card !== undefined) return toJsonResponse(200, toOwnModel[api](card))
  const ids = cards.map((candidate) => candidate.id)
  const hint = didYouMean(id, ids, { limit: 3 })
  throw new GatewayError(
    'model_not_found',
    `The model \`${id.slice(0, 100)}\` is not listed on this server.${hint === undefined ? '' : ` ${hint}`}`,
    { param: 'model' },
  )
}

/**
 * Uses OpenAI's field names, including `shutdown_date`, and OpenRouter's for the rest.
 * Source: https://openrouter.ai/docs/api-reference/list-available-models
 */
function toModel({ id, created, ownedBy, facts }: ListedModel) {
  const { contextTokens, maxOutputTokens, input, output, shutdownDate } = facts
  return {
    id,
    object: 'model',
    created,
    owned_by: ownedBy,
    ...(contextTokens !== undefined && { context_length: contextTokens }),
    ...(maxOutputTokens !== undefined && { top_provider: { max_completion_tokens: maxOutputTokens } }),
    ...(output !== undefined && { architecture: { input_modalities: input, output_modalities: output } }),
    ...(shutdownDate !== undefined && { shutdown_date: shutdownDate }),
  }
}

const pageQuery = { limit: limit(20, 1_000), after_id: string(''), before_id: string('') }

/** Source: https://platform.claude.com/docs/en/api/models/list, read on 2026-11-30. */
function toAnthropicPage(models: readonly ListedModel[], query: string) {
  const { limit: size, after_id: after, before_id: before } = readQuery(query, pageQuery)
  const positionOf = (id: string | undefined, name: string) => {
    const at = models.findIndex((model) => model.id === id)
    if (id === undefined || at !== -1) return at
    throw new GatewayError('invalid_value', `${name} must be the id of a listed model.`, { param: name })
  }
  const start = positionOf(after, 'after_id') + 1
  const end = before === undefined ? models.length : positionOf(before, 'before_id')
  const listed = models.slice(start, end)
  // A page before an id ends there; any other begins after one, or at the start.
  const page = before === undefined ? listed.slice(0, size) : listed.slice(-size)
  return {
    data: page.map(toAnthropicModel),
    has_more: page.length < listed.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

/** An unknown date is the epoch, as in Anthropic's API. */
function toAnthropicModel({ id, created, displayName = id, facts }: ListedModel) {
  return {
    type: 'model',
    id,
    display_name: displayName,
    created_at: new Date(created * 1_000).toISOString().replace('.000Z', 'Z'),
    max_input_tokens: facts.contextTokens ?? null,
    max_tokens: facts.maxOutputTokens ?? null,
    ...(facts.shutdownDate !== undefined && { retires_at: `${facts.shutdownDate}T00:00:00Z` }),
  }
}

/** The largest page of Google's API; a larger size means this one. */
const maxGeminiPage = 1_000

export const geminiPageQuery = {
  pageSize: count('The maximum number of models, at most 1,000. The default is 50.'),
  pageToken: string('The `nextPageToken` of the previous page.'),
}

/** A page token is the name of the last model. Source: https://ai.google.dev/api/models, read on 2026-11-30. */
function toGeminiPage(models: readonly ListedModel[], query: string) {
  const { pageSize = 50, pageToken } = readQuery(query, geminiPageQuery)
  const before = models.findIndex(({ id }) => id === pageToken)
  if (pageToken !== undefined && pageToken !== '' && before === -1)
    throw new GatewayError('invalid_value', 'pageToken must be the `nextPageToken` of a page.', { param: 'pageToken' })
  const size = pageSize === 0 ? 50 : Math.min(pageSize, maxGeminiPage)
  const page = models.slice(before + 1, before + 1 + size)
  const isLast = before + 1 + size >= models.length
  return { models: page.map(toGeminiModel), ...(!isLast && { nextPageToken: page.at(-1)?.id }) }
}

function toGeminiModel({ id, displayName = id, facts: { contextTokens, maxOutputTokens, output } }: ListedModel) {
  return {
    name: `models/${id}`,
    displayName,
    ...(contextTokens !== undefined && { inputTokenLimit: contextTokens }),
    ...(maxOutputTokens !== undefined && { outputTokenLimit: maxOutputTokens }),
    // Weir counts the tokens of every model, if need be by an estimate.
    supportedGenerationMethods:
      output?.includes('embedding') === true
        ? ['embedContent', 'batchEmbedContents', 'countTokens']
        : ['generateContent', 'countTokens'],
  }
}

/** Decodes the model in a path. Throws GatewayError `bad_request`. */
export function decodeModel(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    throw new GatewayError('bad_request', 'The model’s name in the path is not valid percent-encoding.', { cause })
  }
}
