import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../core/gateway-response.ts'
import type { Page } from '../core/page.ts'
import { count, type Parameter, string } from './query.ts'

/** A parameter for the maximum number of items on a page. */
export function limit(preset: number, maximum: number): Parameter<number> {
  const { read } = count('')
  return {
    description: 'The maximum number of items.',
    schema: { type: 'integer', minimum: 1, maximum, default: preset },
    read(value, name) {
      const items = read(value, name) ?? preset
      if (items >= 1 && items <= maximum) return items
      throw new GatewayError('invalid_value', `${name} must be from 1 to ${maximum}.`, { param: name })
    },
  }
}

/** A parameter for the cursor of a list. */
export const after = string('The `next` of the previous page.')

/** Formats one page like OpenAI's lists. */
export function toListResponse({ items, next }: Page<unknown>): GatewayResponse {
  return toJsonResponse(200, { object: 'list', data: items, has_more: next !== undefined, next: next ?? null })
}
