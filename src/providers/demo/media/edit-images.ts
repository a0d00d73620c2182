import type { DemoCall, DemoReply } from '../demo-call.ts'
import { drainBody } from '../wire/drain-body.ts'
import { readFormField } from '../wire/read-form-field.ts'
import { drawImages } from './draw-images.ts'

/** `POST /images/edits`. The given picture is not looked at: what comes back is drawn from the prompt alone. */
export async function editImages(call: DemoCall): Promise<DemoReply> {
  const { edges } = await drainBody(call.rawBody, call.context)
  const { body } = call
  function read(name: string): unknown {
    return body[name] ?? readFormField(edges, name)
  }
  return drawImages(call, {
    operation: 'image_edit',
    prompt: String(read('prompt') ?? ''),
    size: read('size'),
    count: read('n'),
    responseFormat: read('response_format'),
    isStream: String(read('stream')) === 'true',
  })
}
