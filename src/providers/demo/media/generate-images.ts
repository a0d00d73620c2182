import type { DemoCall, DemoReply } from '../demo-call.ts'
import { drawImages } from './draw-images.ts'

/** `POST /images/generations`. */
export function generateImages(call: DemoCall): Promise<DemoReply> {
  const { body } = call
  return drawImages(call, {
    operation: 'image_generation',
    prompt: String(body.prompt ?? ''),
    size: body.size,
    count: body.n,
    responseFormat: body.response_format,
    isStream: body.stream === true,
  })
}
