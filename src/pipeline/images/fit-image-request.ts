import { removeMember } from '../../openai/edit-json.ts'
import { imageFamily } from '../../openai/image-models.ts'
import type { CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { areImagesKept } from './keep-images.ts'

/**
 * Removes `response_format` for OpenAI's newer image models, which return base64 only and reject the field with 400.
 * Keeps it if Weir cannot provide the requested format itself.
 */
export function fitImageRequest(request: CallRequest, model: string | undefined, ports: Ports): CallRequest {
  const { body } = request
  if (body.kind !== 'json' || model === undefined) return request
  const { response_format: format, ...object } = body.object
  if (format === undefined || imageFamily(model)?.takesResponseFormat !== false) return request
  const isMet = format === 'b64_json' || (format === 'url' && areImagesKept(ports))
  return isMet ? { ...request, body: { ...body, text: removeMember(body.text, 'response_format'), object } } : request
}
