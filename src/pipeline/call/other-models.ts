import { GatewayError } from '../../core/errors.ts'
import { type OtherModel, readQueriedModels } from '../../openai/other-models.ts'
import type { Call, CallRequest } from './call.ts'

/** Routers take a handful; each is judged and priced. */
const maxModels = 100

/**
 * The models that a call names beside its own, in its body and in its query. A form that names some was refused where it must not. Throws GatewayError
 * `invalid_value`.
 */
export function otherModelsOf(
  { operation, query }: Pick<Call, 'operation' | 'query'>,
  { body }: Pick<CallRequest, 'body'>,
): readonly OtherModel[] {
  const inBody = body.kind === 'json' ? operation.dialect.otherModels(body.object) : []
  const others = query === '' ? inBody : [...inBody, ...readQueriedModels(query)]
  const first = others[maxModels]
  if (first === undefined) return others
  const param = first.param.slice(0, 100)
  throw new GatewayError('invalid_value', `More than ${maxModels} models stand beside \`model\`. Name fewer.`, {
    param,
  })
}
