import { fillDefaults } from './fill-defaults.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/** A chat request with the defaults that the old proxy had. `max_tokens` beside `max_completion_tokens` is refused by the newer models. */
export function toLegacyChatRequest(body: ParsedJsonBody): ParsedJsonBody {
  const defaults = { model: 'gpt-3.5-turbo', temperature: 0.7, stream: false }
  return fillDefaults(
    body,
    body.object.max_completion_tokens === undefined ? { ...defaults, max_tokens: 1000 } : defaults,
  )
}
