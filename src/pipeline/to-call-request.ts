import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Operation } from '../openai/operations.ts'
import type { ParsedJsonBody } from '../openai/parse-json-body.ts'
import type { CallRequest } from './call.ts'

/** Checks what Weir must understand of a JSON body. Throws GatewayError `missing_required_parameter` or `invalid_value`. */
export function toCallRequest({ text, object }: ParsedJsonBody, operation: Operation): CallRequest {
  checkRequired(object, operation)
  if (object.model === undefined) refuseOtherSpelling(object)
  return {
    body: { kind: 'json', text, object },
    model: readModel(object.model, operation),
    isStream: readBoolean(object, 'stream') ?? false,
    wantsUsage: wantsUsage(object),
    wantsCost: isJsonObject(object.usage) && object.usage.include === true,
  }
}

function checkRequired(object: JsonObject, operation: Operation): void {
  for (const { name, type, message } of operation.required) {
    const value = object[name]
    if (value === undefined || value === null)
      throw new GatewayError('missing_required_parameter', message, { param: name })
    const isRight = type === 'any' || (type === 'array' ? Array.isArray(value) : typeof value === 'string')
    if (!isRight) throw new GatewayError('invalid_value', message, { param: name })
  }
}

/** S58: a server whose JSON parser ignores case, as Go's does, would take it for the model that was not seen here. */
function refuseOtherSpelling(object: JsonObject): void {
  const name = Object.keys(object).find((key) => key.toLowerCase() === 'model')
  if (name !== undefined)
    throw new GatewayError('invalid_value', `Spell the field \`${name}\` as \`model\`.`, { param: name })
}

/** The model's name; undefined where the operation can do without. Half a surrogate pair fits neither a URL nor a header (S67). */
export function readModel(model: unknown, operation: Operation): string | undefined {
  if (typeof model === 'string' && model.trim() !== '' && model.isWellFormed()) return model
  if (model === undefined || model === null) {
    if (operation.model === 'optional') return undefined
    throw new GatewayError(
      'missing_required_parameter',
      'model field is required: the name of a model. GET /v1/models lists what there is.',
      { param: 'model' },
    )
  }
  throw new GatewayError('invalid_value', 'model must be a string: the name of a model.', { param: 'model' })
}

function readBoolean(object: JsonObject, name: string): boolean | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw new GatewayError('invalid_value', `${name} must be true or false.`, { param: name })
}

function wantsUsage(object: JsonObject): boolean {
  const options = object.stream_options
  return typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
}
