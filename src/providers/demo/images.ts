import { GatewayError } from '../../core/errors.ts'
import { type DemoCall, missing, readCount, readUpload } from './call.ts'
import { countWords } from './plan-output.ts'
import { type Reply, toEventReply, toJsonReply, toTypedEvent } from './reply.ts'

/** Sky above water in two colours: a PNG of 411 bytes, labelled `Software: Weir demo`. */
const image = [
  'iVBORw0KGgoAAAANSUhEUgAABAAAAAQAAQMAAABF07nAAAAABlBMVEW/4PUrbJTdpePSAAAAEnRFWHRTb2Z0d2FyZQBXZWlyIGRlbW/HHpsiAA',
  'ABMklEQVR42u3OIQEAAAACIP+f1hkWWEACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'AAAAAAAAAAAAAAAAAAAAAAAAALz1TEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
  'BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA',
  'QEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAYAN1v2ac+uRVAAAAAElFTkSuQmCC',
].join('')
const imageSize = '1024x1024'

/** OpenAI's maximum `n`. */
const maxImages = 10

/** OpenAI's tokens for a square image of low quality. */
const tokensPerImage = 272

/** `POST /images/generations`. */
export function generateImages(call: DemoCall): Reply {
  return respondWithImages(call, 'image_generation', (name) => call.body[name])
}

/** `POST /images/edits`, whose body is a form or JSON. The content of the given image is ignored. */
export async function editImages(call: DemoCall): Promise<Reply> {
  const upload = await readUpload(call, 'image(?:\\[\\])?')
  const hasImage = upload.hasPart || (call.body.image ?? call.body.images) !== undefined
  if (!hasImage) throw missing('image', 'the image to edit, as a file of the form')
  return respondWithImages(call, 'image_edit', (name) => call.body[name] ?? upload.field(name))
}

/**
 * Returns the same PNG for every prompt, size and format. A `url` is a `data:` URL, because the demo serves no files.
 * Like OpenAI, `dall-e-*` names return a URL unless the request sets `b64_json`, and all others return `b64_json`.
 * Unlike OpenAI, the others return a URL if the request sets it.
 */
function respondWithImages(call: DemoCall, operation: string, read: (name: string) => unknown): Reply {
  const size = String(read('size') ?? 'auto')
  if (size !== 'auto' && !/^[1-9]\d{0,3}x[1-9]\d{0,3}$/.test(size)) {
    const message = `size must be a width and a height such as ${imageSize}, each of at most 9999 pixels.`
    throw new GatewayError('invalid_value', message, { param: 'size' })
  }
  const prompt = String(read('prompt') ?? '')
  const count = readCount(read('n'), maxImages)
  const [inputTokens, outputTokens] = [countWords(prompt), count * tokensPerImage]
  const details = {
    background: 'opaque',
    output_format: 'png',
    quality: 'low',
    size: imageSize,
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { image_tokens: 0, text_tokens: inputTokens },
      output_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  }
  const images = Array.from({ length: count }, () => image)
  if (String(read('stream')) === 'true') {
    const event = { type: `${operation}.completed`, b64_json: image, created_at: call.created, ...details }
    return toEventReply(images.map(() => toTypedEvent(event)))
  }
  const format = read('response_format') ?? (call.modelName.startsWith('dall-e') ? 'url' : 'b64_json')
  const data = images.map(() => ({
    ...(format === 'url' ? { url: `data:image/png;base64,${image}` } : { b64_json: image }),
    revised_prompt: `Weir demo, the same image for every prompt: ${prompt}`,
  }))
  return toJsonReply({ created: call.created, data, ...details })
}
