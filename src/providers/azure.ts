import { type ErrorCode, GatewayError } from '../core/errors.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import type { OperationName } from '../dialects/operations.ts'
import { withoutApiVersion } from '../openai/without-api-version.ts'
import { documented } from '../schema/key-documentation.ts'
import { textProblem } from '../schema/text-problems.ts'
import { mapOf, text } from '../schema/value-schemas.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/**
 * The versions of the API that has OpenAI's own paths below `/openai/v1`, with the deployment in the body: `v1` needs no version in the query, the others
 * are named there. Source: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
const undated: ReadonlySet<string> = new Set(['v1', 'latest', 'preview'])

/** The endpoints that a dated version serves below `/openai/deployments/{name}`; the others name the deployment in the body. None has a default. */
const deploymentOperations: ReadonlySet<OperationName> = new Set([
  'chat.completions',
  'completions',
  'embeddings',
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
])

/**
 * Azure OpenAI: the key in `api-key`, and in dated versions the deployment in the path and the version in the query (case B3).
 * Source: https://learn.microsoft.com/azure/ai-services/openai/reference
 */
export const azure = defineProvider({
  kind: 'azure',
  name: 'Azure OpenAI',
  configSchema: {
    api_version: documented(text(textProblem).optional(), {
      fallback: '`v1`',
      meaning:
        'The version of Azure’s API: `v1`, which has all endpoints, `preview` or `latest` of it, or a dated one such as `2024-10-21`, which has no Responses.',
    }),
    deployments: documented(mapOf(text(textProblem)).optional(), {
      fallback: 'none',
      meaning: '`model: deployment`. A model that is not named here is its own deployment.',
    }),
    output_limit: outputLimitKey,
  },
  toSettings: ({ api_version, deployments, output_limit }) => ({
    apiVersion: api_version ?? 'v1',
    deployments: deployments ?? {},
    outputLimitName: output_limit,
  }),
  env: [
    {
      name: 'AZURE_OPENAI_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'Azure OpenAI’s key. With the endpoint it adds the provider `azure`.',
    },
    {
      name: 'AZURE_OPENAI_ENDPOINT',
      key: 'base_url',
      configures: true,
      meaning: 'The endpoint of the Azure resource, such as `https://example.openai.azure.com`.',
    },
    {
      name: 'OPENAI_API_VERSION',
      key: 'api_version',
      configures: false,
      meaning: 'The version of Azure’s API, as `api_version`.',
    },
  ],
  baseUrl: {
    meaning: 'the endpoint of the resource',
    example: 'https://example.openai.azure.com',
    // Azure's portal shows the endpoint with and without this.
    normalize: (url) => url.replace(/\/openai(\/v1)?$/, ''),
  },
  needsKey: true,
  // It lists the models that can be deployed, not the deployments.
  reportsModels: false,
  dialects: openAIDialects,
  // OpenAI's models at OpenAI's prices; a deployment of another name that `deployments` does not explain is unpriced.
  priceSource: 'openai',
  // Its field depends on version and deployment: 2024-10-21 has `max_tokens` alone, and reasoning models refuse that one.
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
  models: ({ id, deployments, models }) => toModelCards([...Object.keys(deployments), ...models], id),
  authenticate: (key) => ({ 'api-key': key }),
  toOwnModel: (model, { deployments }) => (Object.hasOwn(deployments, model) ? (deployments[model] ?? model) : model),
  toPricedModel: (deployment, { deployments }) =>
    Object.entries(deployments).find(([, name]) => name === deployment)?.[0] ?? deployment,
  toPath(operation, deployment, query, { apiVersion }) {
    if (!deploymentOperations.has(operation.name)) return toPlainPath(operation.path, query, apiVersion)
    if (deployment === undefined) throw wrongModel('missing_required_parameter', 'Azure has no default deployment')
    if (undated.has(apiVersion)) return toPlainPath(operation.path, query, apiVersion)
    // A path segment of dots would lead elsewhere, encoded or not.
    if (/^\.+$/.test(deployment)) throw wrongModel('invalid_value', 'dots are no deployment')
    const name = encodeURIComponent(deployment)
    return `/openai/deployments/${name}${operation.path}${toQuery(query, apiVersion)}`
  },
  toPassthroughPath: (path, query, { apiVersion }) => toPlainPath(path, query, apiVersion),
})

function toPlainPath(path: string, query: string, apiVersion: string): string {
  return `/openai${undated.has(apiVersion) ? '/v1' : ''}${path}${toQuery(query, apiVersion)}`
}

/** The operator's version alone: Azure refuses two. */
function toQuery(query: string, apiVersion: string): string {
  const rest = withoutApiVersion(query)
  if (apiVersion === 'v1') return rest
  return `${rest === '' ? '?' : `${rest}&`}api-version=${encodeURIComponent(apiVersion)}`
}

function wrongModel(code: ErrorCode, reason: string): GatewayError {
  return new GatewayError(code, `model field is required: ${reason}.`, { param: 'model' })
}
