import { GatewayError } from '../../core/errors.ts'
import { type OtherModel, readQueriedModels } from '../../openai/other-models.ts'
import type { Call, CallRequest } from './call.ts'

/** Routers accept a handful; each model is authorized and priced. */
const maxModels = 100

/**
 * Returns the models that a call names besides its own, in body and query. A form that may not name any was refused
 * before. Throws GatewayError `invalid_value`.
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
  throw new GatewayError(
    'invalid_value',
    `The request names more than ${maxModels} models besides \`model\`. Name fewer.`,
    {
      param,
    },
  )
}
