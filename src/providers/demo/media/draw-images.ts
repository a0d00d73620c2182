import { encodeBase64 } from '../../../core/encode-base64.ts'
import { GatewayError } from '../../../core/errors.ts'
import type { DemoCall, DemoReply } from '../demo-call.ts'
import { countWords } from '../text/count-words.ts'
import { readCount } from '../wire/read-count.ts'
import { toEventReply } from '../wire/to-event-reply.ts'
import { toJsonReply } from '../wire/to-json-reply.ts'
import { toTypedEvent } from '../wire/to-typed-event.ts'
import { drawPicture } from './draw-picture.ts'
import { encodePng } from './encode-png.ts'

interface ImageRequest {
  readonly operation: 'image_generation' | 'image_edit'
  readonly prompt: string
  readonly size: unknown
  readonly count: unknown
  readonly responseFormat: unknown
  readonly isStream: boolean
}

const defaultSize = '1024x1024'

/** Some 3840x2160, OpenAI's largest. */
const mostPixels = 8_388_608

/** OpenAI's limit on `n`. */
const mostImages = 10

/** What OpenAI charges for a square picture of low quality; the demo charges it for every picture. */
const tokensPerImage = 272

/**
 * Pictures as PNG, whatever format was asked for. A `url` is a `data:` URL, since nothing here could serve another.
 * Like OpenAI, `dall-e-*` names answer with a URL unless `b64_json` is asked for, and all others with `b64_json`; unlike OpenAI,
 * those others give a URL to who asks for it.
 */
export async function drawImages(call: DemoCall, request: ImageRequest): Promise<DemoReply> {
  const { width, height } = readSize(request.size)
  const count = readCount(request.count, { least: 1, most: mostImages, otherwise: 1 })
  const pictures: string[] = []
  for (let index = 0; index < count; index += 1) {
    const prompt = index === 0 ? request.prompt : `${request.prompt} ${index + 1}`
    pictures.push(encodeBase64(await encodePng(drawPicture(prompt, { width, height }))))
  }
  const details = {
    background: 'opaque',
    output_format: 'png',
    quality: 'low',
    size: `${width}x${height}`,
    usage: toUsage(request.prompt, count),
  }
  if (request.isStream) {
    const type = `${request.operation}.completed`
    return toEventReply(
      pictures.map((picture) => toTypedEvent({ type, b64_json: picture, created_at: call.created, ...details })),
    )
  }
  const isUrl = (request.responseFormat ?? (call.modelName.startsWith('dall-e') ? 'url' : 'b64_json')) === 'url'
  const data = pictures.map((picture) => ({
    ...(isUrl ? { url: `data:image/png;base64,${picture}` } : { b64_json: picture }),
    revised_prompt: `Weir demo, drawn without a model: ${request.prompt}`,
  }))
  return toJsonReply({ created: call.created, data, ...details })
}

function readSize(size: unknown): { readonly width: number; readonly height: number } {
  const wanted = size === undefined || size === null || size === 'auto' ? defaultSize : String(size)
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(wanted) ?? []
  const parsed = { width: Number(width), height: Number(height) }
  const pixels = parsed.width * parsed.height
  if (pixels >= 1 && pixels <= mostPixels) return parsed
  throw new GatewayError(
    'invalid_value',
    `size must be a width and a height such as ${defaultSize}, of at most ${mostPixels} pixels.`,
    {
      param: 'size',
    },
  )
}

function toUsage(prompt: string, count: number) {
  const inputTokens = countWords(prompt)
  const outputTokens = count * tokensPerImage
  return {
    input_tokens: inputTokens,
    input_tokens_details: { image_tokens: 0, text_tokens: inputTokens },
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
}
