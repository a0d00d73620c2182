import { GatewayError } from '../core/errors.ts'
import { batchEmbedContents, embedContent } from '../dialects/embed-content.ts'
import { embeddings } from '../dialects/embeddings.ts'
import { contentTokenCounts, generateContent } from '../dialects/generate-content.ts'
import type { Operation } from '../dialects/operations.ts'
import { withoutSystemParameters } from '../dialects/system-parameters.ts'
import { findFacts, listCurrentModels } from '../metering/model-facts.ts'
import { toBearer } from './api-headers.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'
import type { Retirement } from './retirement.ts'

const announced = { source: 'https://ai.google.dev/gemini-api/docs/deprecations', checkedOn: '2026-11-30' }
/** A copy of the same page. */
const quoted = {
  source:
    'https://dev.to/aideprecations/what-to-do-before-gemini-25-pro-and-25-flash-are-retired-on-december-1-2026-5gg9',
  checkedOn: '2026-11-30',
}

/** Models with another kind of API: Live, agents, music. */
const otherApis = /live|native-audio|streaming|deep-research|lyria|imagen/

const retired: readonly Retirement[] = [
  { ...announced, models: ['gemini-3-pro-preview'], on: '2026-03-09', successor: 'gemini-3.1-pro-preview' },
  {
    ...announced,
    models: ['gemini-3.1-flash-image-preview'],
    on: '2026-06-25',
    successor: 'gemini-3.1-flash-image',
  },
  { ...announced, models: ['gemini-3-pro-image-preview'], on: '2026-06-25', successor: 'gemini-3-pro-image' },
  { ...quoted, models: ['gemini-2.5-pro'], on: '2026-12-01', successor: 'gemini-3.8-flash' },
  { ...quoted, models: ['gemini-2.5-flash'], on: '2026-12-01', successor: 'gemini-3.5-flash-lite' },
]

/**
 * Google's Gemini API with an API key. Vertex AI has other addresses and credentials.
 * Sources, read on 2026-11-30: https://ai.google.dev/api, https://ai.google.dev/gemini-api/docs/api-key
 */
export const gemini = defineProvider({
  kind: 'gemini',
  name: 'Gemini',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'GEMINI_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of Google’s Gemini API. Adds the provider `gemini`.',
    },
    {
      name: 'GOOGLE_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'The same, as Google’s clients also read it. `GEMINI_API_KEY` wins.',
    },
    {
      name: 'GEMINI_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning:
        'Base URL of the provider `gemini`, if not Google’s own, with or without `/v1beta`; another server needs no key.',
    },
    {
      name: 'GOOGLE_GEMINI_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'The same, as Google’s clients read it. `GEMINI_BASE_URL` wins.',
    },
  ],
  baseUrl: {
    default: 'https://generativelanguage.googleapis.com/v1beta',
    meaning: 'with or without `/v1beta`',
    // Google's clients take the address without the version, and OpenAI's take it with `/openai`.
    normalize(url) {
      const own = url.replace(/\/openai$/, '')
      return /\/v1(alpha|beta)?$/.test(own) ? own : `${own}/v1beta`
    },
  },
  needsKey: true,
  // Chat completions are left out: the usage of Google's own compatible endpoint does not show thoughts.
  dialects: [generateContent, contentTokenCounts, embedContent, batchEmbedContents, embeddings],
  modelsQuery: '?pageSize=1000',
  retired,
  priceSource: 'google',
  // `maxOutputTokens` is observed to limit thoughts and text together, but Google does not promise it.
  // Source: https://github.com/googleapis/python-genai/issues/2062, read on 2026-11-30.
  outputLimit: 'unknown',
  // A stream reports its usage always.
  streamOptions: 'unknown',
  // Google documents neither that it stops nor what it charges then.
  billsAbandoned: 'unknown',
  freeOperations: {
    names: ['countTokens'],
    source: 'https://ai.google.dev/gemini-api/docs/tokens',
    checkedOn: '2026-11-30',
  },
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
  models: ({ models }) => toModelCards([...listOwnNames(), ...models], 'google'),
  // OpenAI's endpoints take the key as OpenAI does. Source: https://ai.google.dev/gemini-api/docs/openai
  authenticate: (key, api) => (api === 'openai' ? toBearer(key) : { 'x-goog-api-key': key }),
  credentialHeaders: ['x-goog-api-key', 'authorization'],
  toOwnModel: (model) => model.replace(/^models\//, ''),
  toPath(operation, model, query, _settings, isStream) {
    if (operation.api === 'openai') return `/openai${operation.path}${query}`
    const own = withoutSystemParameters(query)
    const path = toModelPath(operation, model, isStream)
    if (!isStream) return path + own
    return `${path}${own === '' ? '?' : `${own}&`}alt=sse`
  },
})

function toModelPath({ path, streamPath = path }: Operation, model: string | undefined, isStream: boolean): string {
  // A path segment of dots would change the path, encoded or not.
  if (model === undefined || /^\.+$/.test(model))
    throw new GatewayError('invalid_value', 'The path must name a model, such as `models/gemini-3.8-flash`.', {
      param: 'model',
    })
  return (isStream ? streamPath : path).replace('{model}', () => encodeURIComponent(model))
}

/** The price table also has the names of other sellers, which have no modalities there. */
function listOwnNames(): readonly string[] {
  return listCurrentModels('google').filter(
    (model) => !otherApis.test(model) && findFacts('google', model)?.output !== undefined,
  )
}
