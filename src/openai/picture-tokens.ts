import type { JsonObject } from '../core/json.ts'

/**
 * Of one picture up to 1,536 by 1,024 pixels, above what is known of any model: OpenAI's calculator says 7,024 for gpt-image-2 at its best.
 * Source: https://community.openai.com/t/livestream-starting-now-chatgpt-images-2-0/1379464?page=2
 */
const fullTokens: Readonly<Record<string, number>> = { low: 512, medium: 2_048 }
const maxTokensOfAny = 8_192
const usualPixels = 1_536 * 1_024
const partialTokens = 100
const maxPartials = 10

/**
 * The most that one picture comes to where it is paid by tokens, by the members of a request or of a tool. Larger ones have more by their area; each
 * partial picture of a stream adds some.
 */
export function pictureTokens({ size, quality, partial_images: partial }: JsonObject): number {
  const [width = 0, height = 0] = typeof size === 'string' ? size.split('x').map(Number) : []
  const parts = Math.max(1, width * height > 0 ? (width * height) / usualPixels : 1)
  const partials = typeof partial === 'number' && partial > 0 ? Math.min(partial, maxPartials) : 0
  const tokens = (typeof quality === 'string' && fullTokens[quality]) || maxTokensOfAny
  return Math.min(Math.ceil(tokens * parts + partialTokens * partials), Number.MAX_SAFE_INTEGER)
}
