import { isJsonObject } from '../../../core/json.ts'

interface Content {
  readonly text: string
  readonly attachments: readonly string[]
}

/** Text and attachments of a message, which is a string or a list of parts in either of OpenAI's two dialects. */
export function readContent(content: unknown): Content {
  if (typeof content === 'string') return { text: content, attachments: [] }
  const texts: string[] = []
  const attachments: string[] = []
  for (const part of Array.isArray(content) ? content : []) {
    if (!isJsonObject(part)) continue
    const { type, text, refusal } = part
    if (typeof text === 'string') texts.push(text)
    else if (typeof refusal === 'string') texts.push(refusal)
    else if (typeof type === 'string') attachments.push(toAttachmentName(type))
  }
  return { text: texts.join('\n'), attachments }
}

/** `image_url` and `input_image` are both an image. */
function toAttachmentName(type: string): string {
  return ['image', 'audio', 'file'].find((name) => type.includes(name)) ?? type
}
