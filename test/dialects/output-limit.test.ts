import { describe, expect, test } from 'vitest'
import type { OutputLimitFormat } from '../../src/dialects/dialect.ts'
import { type OperationName, operations } from '../../src/dialects/operations.ts'

function limitOf(name: OperationName): OutputLimitFormat {
  const { outputLimit } = operations[name].dialect
  if (outputLimit === undefined) throw new Error(`${name} has no output limit`)
  return outputLimit
}

const names = ['max_completion_tokens', 'max_tokens']

describe('the output limit of a chat (case C4)', () => {
  const { read, toMembers } = limitOf('chat.completions')

  test('case C4: is the maximum under the names that the provider supports', () => {
    expect(read({ max_tokens: 5, max_completion_tokens: 9, max_output_tokens: 2 }, names)).toBe(9)
    expect(read({ max_output_tokens: 2 }, names)).toBeUndefined()
    expect(read({ max_tokens: null, max_completion_tokens: -1 }, names)).toBeUndefined()
  })

  test('case C4: is lowered under the names in use, otherwise set under the first name', () => {
    expect(toMembers({}, names, 7)).toEqual({ max_completion_tokens: 7 })
    expect(toMembers({ max_tokens: null }, names, 7)).toEqual({ max_completion_tokens: 7 })
    expect(toMembers({ max_tokens: 9 }, names, 7)).toEqual({ max_tokens: 7 })
    expect(toMembers({ max_tokens: 5, max_completion_tokens: 9 }, names, 7)).toEqual({ max_completion_tokens: 7 })
    expect(toMembers({ max_tokens: -1 }, names, 7)).toEqual({ max_tokens: 7 })
  })
})

test.each([
  ['chat.completions', {}, undefined],
  ['chat.completions', { response_format: { type: 'text' } }, undefined],
  ['chat.completions', { response_format: { type: 'json_object' } }, 'response_format'],
  ['chat.completions', { tool_choice: 'auto' }, undefined],
  ['chat.completions', { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto' } } }, undefined],
  ['chat.completions', { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required' } } }, 'tool_choice'],
  ['chat.completions', { function_call: { name: 'f' } }, 'function_call'],
  ['responses', { text: { format: { type: 'json_schema' } } }, 'text'],
  ['responses', { text: { verbosity: 'low' }, tool_choice: { type: 'allowed_tools', mode: 'auto' } }, undefined],
  ['responses', { tool_choice: { type: 'function', name: 'f' } }, 'tool_choice'],
] as const)('case C4: a response to %s with %j must not be truncated because of %s', (name, body, member) => {
  expect(limitOf(name).needsCompleteFor(body)).toBe(member)
})

test.each([
  [{}, 0],
  [{ thinking: { type: 'enabled', budget_tokens: 4_000 } }, 4_000],
  [{ thinking: { type: 'adaptive' }, reasoning: { effort: 'high' } }, 0],
  [{ reasoning: { max_tokens: 2_000 } }, 2_000],
  [{ extra_body: { google: { thinking_config: { thinking_budget: 1_000 } } } }, 1_000],
  [{ thinking_budget: 9 }, 9],
  // With -1, Gemini lets the model decide.
  [{ extra_body: { google: { thinking_config: { thinking_budget: -1 } } }, thinking: null }, 0],
])('case C4: %j reserves %i tokens for reasoning', (body, tokens) => {
  for (const name of ['chat.completions', 'responses'] as const) expect(limitOf(name).reasoningOf(body)).toBe(tokens)
})

test('case C1: only a background response is sent before its run has finished', () => {
  expect(limitOf('responses').isDeferred({ background: true })).toBe(true)
  expect(limitOf('responses').isDeferred({ background: false })).toBe(false)
  expect(limitOf('chat.completions').isDeferred({ background: true })).toBe(false)
})

test('operations without output tokens, or billed by picture, character or second, have no output limit', () => {
  for (const name of [
    'embeddings',
    'images.generations',
    'audio.speech',
    'audio.transcriptions',
    'moderations',
  ] as const)
    expect(operations[name].dialect.outputLimit).toBeUndefined()
})
