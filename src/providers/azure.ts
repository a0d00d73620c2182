import { type ErrorCode, GatewayError } from '../core/errors.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import type { OperationName } from '../dialects/operations.ts'
import { withoutApiVersion } from '../openai/without-api-version.ts'
import { documented } from '../schema/key-documentation.ts'
import { emptyProblem } from '../schema/text-problems.ts'
import { mapOf, string } from '../schema/value-schemas.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/**
 * The versions with OpenAI's own paths below `/openai/v1` and the deployment in the body. `v1` needs no version in the
 * query; the query names the other two. Source:
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
const undated: ReadonlySet<string> = new Set(['v1', 'latest', 'preview'])

/**
 * The endpoints that a dated version serves below `/openai/deployments/{name}`; the others name the deployment in the
 * body. No deployment is the default.
 */
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
 * Azure OpenAI: the key is in `api-key`; dated versions have the deployment in the path and the version in the query
 * (case B3).
 * Source: https://learn.microsoft.com/azure/ai-services/openai/reference
 */
export const azure = defineProvider({
  kind: 'azure',
  name: 'Azure OpenAI',
  configSchema: {
    api_version: documented(string(emptyProblem).optional(), {
      fallback: '`v1`',
      meaning:
        'Version of Azure’s API: `v1` with all endpoints, its `preview` or `latest`, or a dated version such as `2024-10-21`, which has no Responses API.',
    }),
    deployments: documented(mapOf(string(emptyProblem)).optional(), {
      fallback: 'none',
      meaning: 'Deployment of each model, as `model: deployment`. By default a deployment has the name of its model.',
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
      meaning: 'API key of Azure OpenAI. Adds the provider `azure`, together with the endpoint.',
    },
    {
      name: 'AZURE_OPENAI_ENDPOINT',
      key: 'base_url',
      configures: true,
      meaning: 'Endpoint of the Azure resource, such as `https://example.openai.azure.com`.',
    },
    {
      name: 'OPENAI_API_VERSION',
      key: 'api_version',
      configures: false,
      meaning: 'Version of Azure’s API; same as `api_version`.',
    },
  ],
  baseUrl: {
    meaning: 'the endpoint of the resource',
    example: 'https://example.openai.azure.com',
    // Azure's portal shows the endpoint with and without this.
    normalize: (url) => url.replace(/\/openai(\/v1)?$/, ''),
  },
  needsKey: true,
  // `GET /models` lists the models that can be deployed, not the deployments.
  reportsModels: false,
  dialects: openAIDialects,
  // OpenAI's models have OpenAI's prices. A deployment with another name that is not in `deployments` is unpriced.
  priceSource: 'openai',
  // The field depends on version and deployment: 2024-10-21 has only `max_tokens`, which reasoning models refuse.
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
  models: ({ id, deployments, models }) => toModelCards([...Object.keys(deployments), ...models], id),
  authenticate: (key) => ({ 'api-key': key }),
  credentialHeaders: ['api-key', 'authorization'],
  toOwnModel: (model, { deployments }) => (Object.hasOwn(deployments, model) ? (deployments[model] ?? model) : model),
  toPricedModel: (deployment, { deployments }) =>
    Object.entries(deployments).find(([, name]) => name === deployment)?.[0] ?? deployment,
  toPath(operation, deployment, query, { apiVersion }) {
    if (!deploymentOperations.has(operation.name)) return toPlainPath(operation.path, query, apiVersion)
    if (deployment === undefined) throw wrongModel('missing_required_parameter', 'Azure has no default deployment')
    if (undated.has(apiVersion)) return toPlainPath(operation.path, query, apiVersion)
    // A path segment of dots would change the path, encoded or not.
    if (/^\.+$/.test(deployment)) throw wrongModel('invalid_value', 'dots are not a deployment')
    const name = encodeURIComponent(deployment)
    return `/openai/deployments/${name}${operation.path}${toQuery(query, apiVersion)}`
  },
  toPassthroughPath: (path, query, { apiVersion }) => toPlainPath(path, query, apiVersion),
})

function toPlainPath(path: string, query: string, apiVersion: string): string {
  return `/openai${undated.has(apiVersion) ? '/v1' : ''}${path}${toQuery(query, apiVersion)}`
}

/** Adds only the operator's version: Azure refuses two. */
function toQuery(query: string, apiVersion: string): string {
  const rest = withoutApiVersion(query)
  if (apiVersion === 'v1') return rest
  return `${rest === '' ? '?' : `${rest}&`}api-version=${encodeURIComponent(apiVersion)}`
}

function wrongModel(code: ErrorCode, reason: string): GatewayError {
  return new GatewayError(code, `model field is required: ${reason}.`, { param: 'model' })
}
