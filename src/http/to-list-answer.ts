import { type Answer, toJsonAnswer } from '../core/answer.ts'
import type { Page } from '../core/page.ts'

/** A part of a longer list, in the shape of OpenAI's lists. */
export function toListAnswer({ items, next }: Page<unknown>): Answer {
  return toJsonAnswer(200, { object: 'list', data: items, has_more: next !== undefined, next: next ?? null })
}
