import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { messages } from '../../src/dialects/messages.ts'
import { responses } from '../../src/dialects/responses.ts'
import { ReplyTranslation } from '../../src/translation/translate.ts'

const dialects = [chatCompletions, messages, generateContent, responses]
const pairs = dialects.flatMap((from) => dialects.filter((to) => to !== from).map((to) => ({ from, to })))
const names = pairs.map(({ from, to }) => ({ from, to, title: `${from.id} for a client of ${to.id}` }))
const context = { request: {}, id: 'a1', now: 1, model: 'm', wantsUsage: true }

/** Texts that also occur elsewhere in their events, or that are escaped there. */
const texts = fc.oneof(
  fc.constantFrom(
    'a',
    'm',
    '0',
    'text',
    'index',
    'delta',
    'null',
    '"',
    '\\',
    '\\"',
    '\n\n',
    '\r\n',
    '"}',
    ' ',
    '\u2028',
    '\ud800',
    '\u00e9',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
)
const steps = fc.record({
  text: texts,
  place: fc.constantFrom(0, 1),
  style: fc.constantFrom('plain', 'padded', 'escaped'),
  kind: fc.constantFrom('text', 'reasoning', 'call'),
})
type Step = typeof steps extends fc.Arbitrary<infer Value> ? Value : never

const creators = new Map<unknown, (step: Step) => JsonObject>([
  [
    chatCompletions,
    ({ kind, text, place }: Step) => {
      const call = { index: place, id: `c${place}`, function: { name: 'm', arguments: text } }
      const delta =
        kind === 'text'
          ? { content: text }
          : kind === 'reasoning'
            ? { reasoning_content: text }
            : { tool_calls: [call] }
      return { id: 'a', model: 'm', choices: [{ index: 0, delta, finish_reason: null }] }
    },
  ],
  [
    messages,
    ({ kind, text, place }: Step) => ({
      type: 'content_block_delta',
      index: place,
      delta:
        kind === 'text'
          ? { type: 'text_delta', text }
          : kind === 'reasoning'
            ? { type: 'thinking_delta', thinking: text }
            : { type: 'input_json_delta', partial_json: text },
    }),
  ],
  [
    generateContent,
    ({ kind, text }: Step) => ({
      candidates: [{ content: { parts: [{ text, ...(kind === 'reasoning' && { thought: true }) }], role: 'model' } }],
      modelVersion: 'm',
      responseId: 'a',
    }),
  ],
  [
    responses,
    ({ kind, text, place }: Step) => ({
      type: kind === 'reasoning' ? 'response.reasoning_text.delta' : 'response.output_text.delta',
      output_index: 0,
      content_index: place,
      delta: text,
    }),
  ],
])

/** Begins a block, where a dialect has such an event. */
const opening: JsonObject = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }

function toEventText(data: JsonObject, { style }: Step): string {
  const json = JSON.stringify(data)
  const escaped = style === 'escaped' ? json.replace(/[^ -~]/g, toEscape) : json
  return `data: ${escaped}${style === 'padded' ? '   ' : ''}\n\n`
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The JSON of the events. */
function dataOf(text: string): unknown[] {
  return text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
}

describe.each(names)('A stream of $title', ({ from, to }) => {
  const create = creators.get(from)

  test('is the same whether its deltas are copied or translated one by one', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), (all) => {
        const copying = new ReplyTranslation(from, to, context)
        const plain = new ReplyTranslation(from, to, context)
        let copied = ''
        let expected = ''
        if (from === messages) {
          copied += copying.toEvents(opening, '')
          expected += plain.toEvents(opening, '')
        }
        for (const step of all) {
          const data = create?.(step) ?? {}
          const text = toEventText(data, step)
          copied += copying.copyDelta(text) ?? copying.toEvents(data, text)
          expected += plain.toEvents(data, text)
        }
        expect(dataOf(copied)).toEqual(dataOf(expected))
      }),
      { numRuns: 200 },
    )
  })

  test('is translated without an exception, whatever its events hold', () => {
    const hostile = fc.constantFrom<unknown>(
      null,
      1,
      true,
      '',
      'x',
      [],
      [null],
      {},
      { toString: 1, valueOf: 1 },
      'constructor',
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(steps, fc.nat(20), hostile), { maxLength: 8 }), (all) => {
        const translation = new ReplyTranslation(from, to, context)
        for (const [step, at, value] of all) {
          const data = replaceMember(create?.(step) ?? {}, at, value)
          translation.toEvents(data, toEventText(data, step))
        }
        translation.toLastEvents()
      }),
      { numRuns: 300 },
    )
  })
})

/** Replaces the member that is number `at` when all members are counted. */
function replaceMember(data: JsonObject, at: number, value: unknown): JsonObject {
  let count = 0
  const text = JSON.stringify(data, (name, member: unknown) => (name !== '' && count++ === at ? value : member))
  return JSON.parse(text)
}
