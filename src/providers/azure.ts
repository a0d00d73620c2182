import type { AzureSettings } from '../config/settings.ts'
import { type ErrorCode, GatewayError } from '../core/errors.ts'
import type { Operation, OperationName } from '../dialects/operations.ts'
import { defineOpenAICompatible } from './define-openai-compatible.ts'
import type { Provider } from './provider.ts'
import { toModelCards } from './to-model-cards.ts'

/** The endpoints that Azure serves below `/openai/deployments/{name}`; the others name the deployment in the body. */
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
 * Azure OpenAI: the deployment stands in the path, the version in the query, the key in `api-key`.
 * Source: https://learn.microsoft.com/azure/ai-services/openai/reference
 */
export function createAzureProvider(settings: AzureSettings): Provider {
  const toQuery = (query: string) =>
    `${query === '' ? '?' : `${query}&`}api-version=${encodeURIComponent(settings.apiVersion)}`

  function toPath(operation: Operation, deployment: string | undefined, query: string): string {
    if (!deploymentOperations.has(operation.name)) return `/openai${operation.path}${toQuery(query)}`
    if (deployment === undefined) throw wrongModel('missing_required_parameter', 'Azure has no default deployment')
    // A path segment of dots would lead elsewhere, encoded or not.
    if (/^\.+$/.test(deployment)) throw wrongModel('invalid_value', 'dots are no deployment')
    return `/openai/deployments/${encodeURIComponent(deployment)}${operation.path}${toQuery(query)}`
  }

  return defineOpenAICompatible({
    ...settings,
    name: 'Azure OpenAI',
    keyVariable: 'AZURE_OPENAI_API_KEY',
    needsKey: true,
    acceptsStreamOptions: true,
    models: toModelCards([...Object.keys(settings.deployments), ...settings.models], settings.id),
    toKeyHeaders: (key) => ({ 'api-key': key }),
    toOwnModel: (model) =>
      Object.hasOwn(settings.deployments, model) ? (settings.deployments[model] ?? model) : model,
    toPath,
    toPassthroughPath: (path, query) => `/openai${path}${toQuery(query)}`,
  })
}

function wrongModel(code: ErrorCode, reason: string): GatewayError {
  return new GatewayError(code, `model field is required: ${reason}.`, { param: 'model' })
}
