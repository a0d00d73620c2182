import type { JsonObject } from '../core/json.ts'

/**
 * Tokens of one picture of up to 1,536 by 1,024 pixels, above the known values of all models: OpenAI's calculator shows
 * 7,024 for gpt-image-2 at its highest quality.
 * Source: https://community.openai.com/t/livestream-starting-now-chatgpt-images-2-0/1379464?page=2
 */
const fullTokens: Readonly<Record<string, number>> = { low: 512, medium: 2_048 }
const maxTokensOfAny = 8_192
const usualPixels = 1_536 * 1_024
const partialTokens = 100
const maxPartials = 10

/**
 * Estimates the maximum tokens of one picture from the members of a request or a tool. Larger pictures take more in
 * proportion to their area; each partial picture of a stream adds some.
 */
export function pictureTokens({ size, quality, partial_images: partial }: JsonObject): number {
  const [width = 0, height = 0] = typeof size === 'string' ? size.split('x').map(Number) : []
  const scale = Math.max(1, width * height > 0 ? (width * height) / usualPixels : 1)
  const partials = typeof partial === 'number' && partial > 0 ? Math.min(partial, maxPartials) : 0
  const tokens = (typeof quality === 'string' && fullTokens[quality]) || maxTokensOfAny
  return Math.min(Math.ceil(tokens * scale + partialTokens * partials), Number.MAX_SAFE_INTEGER)
}
