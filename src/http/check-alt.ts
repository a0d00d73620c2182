import { GatewayError } from '../core/errors.ts'

/**
 * Throws GatewayError `invalid_value` for a form of response that Weir does not meter. Without `alt=sse`, Google streams
 * a JSON array whose elements arrive one by one; Google's clients all ask for events. Whole responses are JSON.
 * Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent, read on 2026-11-30.
 */
export function checkAlt(query: string, isStream: boolean): void {
  const parameters = new URLSearchParams(query)
  const formats = [...parameters.getAll('alt'), ...parameters.getAll('$alt')]
  if (isStream && formats.length === 1 && formats[0] === 'sse') return
  // Google's older clients for Python add how enums are written, which is JSON nevertheless.
  if (!isStream && formats.every((format) => /^json(;|$)/.test(format))) return
  const message = isStream
    ? 'Weir streams Gemini’s responses as events only. Add `?alt=sse` to the URL.'
    : 'Weir returns this response as JSON only. Leave `alt` out.'
  throw new GatewayError('invalid_value', message, { param: 'alt' })
}
