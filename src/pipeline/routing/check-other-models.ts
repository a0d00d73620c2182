import { GatewayError } from '../../core/errors.ts'
import type { OtherModel } from '../../openai/other-models.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import { authorizeOtherModels, isBoundToModels } from '../access/authorize.ts'
import type { Call, Caller, CallRequest } from '../call/call.ts'
import { otherModelsOf } from '../call/other-models.ts'
import type { Ports } from '../call/ports.ts'

/** Applies the models of the key, and `models.strict`, to the models that a call names besides its own. */
export function checkOtherModels(
  request: Pick<CallRequest, 'body'>,
  call: Pick<Call, 'operation' | 'query'>,
  key: Caller['key'],
  provider: Provider,
  { settings }: Pick<Ports, 'settings'>,
): void {
  const { strict } = settings.models
  if (!strict && !isBoundToModels(key)) return
  const others = otherModelsOf(call, request)
  authorizeOtherModels(key, others, provider)
  if (strict) refuseUnknown(others, provider)
}

/** Applies `models.strict` to each model that a call names. */
function refuseUnknown(others: readonly OtherModel[], provider: Provider): void {
  for (const { param, model } of others) {
    if (model !== undefined && isListed({ provider, model })) continue
    const problem = model === undefined ? 'leaves the model to the provider' : `names \`${model.slice(0, 100)}\``
    throw new GatewayError(
      'model_not_found',
      `\`${param.slice(0, 100)}\` ${problem}, but this server accepts only the models that GET /v1/models lists.`,
      { param: param.slice(0, 100) },
    )
  }
}

/** True for a model of its provider's catalogue. */
export function isListed({ provider, model }: Target): boolean {
  return provider.models.some(({ id }) => id === model || id === `${provider.id}/${model}`)
}
