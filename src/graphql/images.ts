import { isJsonObject, parseJsonObject } from '../core/json.ts'
import { operations } from '../dialects/operations.ts'
import { legacyImageModel, toLegacyImageRequest } from '../openai/legacy-requests.ts'
import { resolveAlias } from '../pipeline/routing/plan-targets.ts'
import { readResponse, toJsonBody } from './calls.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { GeneratedImage, Image, ImageInput } from './schema.generated.ts'

/** Generates images with the old proxy's defaults. A session stores the prompt and the image URLs as two messages. */
export async function generateImage(
  { sessionId, ...fields }: ImageInput,
  context: GraphqlContext,
): Promise<GeneratedImage> {
  const { secrets, clock, settings } = context.ports
  const { prompt } = fields
  const model = fields.model ?? legacyImageModel
  const body = toLegacyImageRequest(toJsonBody(fields), resolveAlias(model, settings.models.aliases))
  const session = typeof sessionId === 'string' ? { id: sessionId, store: context.sessions() } : undefined
  // Rejects an unknown session before the image costs anything.
  if (session !== undefined) await session.store.find(session.id)
  const images = readImages(readResponse(await context.run({ operation: operations['images.generations'], body })))
  if (session !== undefined) {
    const newId = () => `msg_${secrets.randomHex(16)}`
    // Stored as text, because no model accepts images in assistant messages; base64 would add megabytes to the session.
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
    size: toNullableString(size),
    quality: toNullableString(quality),
    style: toNullableString(style),
    timestamp: new Date(clock.now()).toISOString(),
    success: true,
    error: null,
  }
}

function readImages(json: string): readonly Image[] {
  const data = parseJsonObject(json)?.data
  if (!Array.isArray(data)) return []
  return data.filter(isJsonObject).map((item) => ({
    url: toNullableString(item.url),
    b64_json: toNullableString(item.b64_json),
    revised_prompt: toNullableString(item.revised_prompt),
  }))
}

function toNullableString(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
