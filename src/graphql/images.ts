import { isJsonObject, parseJsonObject } from '../core/json.ts'
import { operations } from '../dialects/operations.ts'
import { legacyImageModel, toLegacyImageRequest } from '../openai/legacy-requests.ts'
import { resolveAlias } from '../pipeline/routing/plan-targets.ts'
import { readAnswer, toJsonBody } from './calls.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { GeneratedImage, Image, ImageInput } from './schema.generated.ts'

/** Pictures with the old proxy's defaults. In a session, the prompt and the pictures' addresses are kept as two messages. */
export async function makeImage(
  { sessionId, ...fields }: ImageInput,
  context: GraphqlContext,
): Promise<GeneratedImage> {
  const { secrets, clock, settings } = context.ports
  const { prompt } = fields
  const model = fields.model ?? legacyImageModel
  const body = toLegacyImageRequest(toJsonBody(fields), resolveAlias(model, settings.models.aliases))
  const session = typeof sessionId === 'string' ? { id: sessionId, store: context.sessions() } : undefined
  // An unknown session is refused before the picture is paid for.
  if (session !== undefined) await session.store.find(session.id)
  const images = readImages(readAnswer(await context.run({ operation: operations['images.generations'], body })))
  if (session !== undefined) {
    const newId = () => `msg_${secrets.randomHex(16)}`
    // Text, since no model takes pictures as an assistant's words; megabytes of base64 do not belong into a conversation.
    const content = images.map(({ url }) => `![](${url ?? ''})`).join('\n')
    await session.store.append(session.id, [
      { id: newId(), role: 'user', content: prompt, status: 'complete' },
      { id: newId(), role: 'assistant', content, status: 'complete', model },
    ])
  }
  const { size, quality, style } = body.object
  return {
    id: `img_${secrets.randomHex(16)}`,
    prompt,
    images,
    model,
    size: toText(size),
    quality: toText(quality),
    style: toText(style),
    timestamp: new Date(clock.now()).toISOString(),
    success: true,
    error: null,
  }
}

function readImages(text: string): readonly Image[] {
  const data = parseJsonObject(text)?.data
  if (!Array.isArray(data)) return []
  return data.filter(isJsonObject).map((item) => ({
    url: toText(item.url),
    b64_json: toText(item.b64_json),
    revised_prompt: toText(item.revised_prompt),
  }))
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
