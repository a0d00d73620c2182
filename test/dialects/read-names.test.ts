import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { operations } from '../../src/dialects/operations.ts'
import { parseJsonBody } from '../../src/openai/parse-json-body.ts'
import { goFieldOf, likeInGo } from '../support/go-names.ts'

const dialects = Object.values(operations)
  .map(({ dialect }) => dialect)
  .filter(({ body }) => body !== 'form')

/** The minimum fields that every operation accepts. */
const minimum: JsonObject = {
  model: 'm',
  messages: [],
  prompt: 'x',
  input: 'x',
  max_tokens: 1,
  contents: [],
  content: {},
  requests: [],
}

/** Fields that the pipeline reads of any request: the end user, and whether the caller wants the cost. */
const labels = ['user', 'safety_identifier', 'metadata', 'usage']

test.each(dialects)('S86 rejects every other spelling that Go accepts for a name that $id reads', (dialect) => {
  const names = namesReadBy(dialect)
  expect(names.length).toBeGreaterThan(2)
  for (const name of [...names, ...labels]) {
    const { [name]: _, ...rest } = minimum
    for (const spelling of spellingsOf(name))
      expect(rejectionOf(dialect, { ...rest, [spelling]: 1 })).toEqual([
        spelling,
        `Spell the field \`${spelling}\` as \`${name}\`.`,
      ])
  }
})

test.each(dialects)('S86 rejects every other spelling of a nested name that $id reads', (dialect) => {
  for (const path of pathsReadBy(dialect)) {
    const names = path.split('.')
    for (const spelling of spellingsOf(names.pop() ?? '')) {
      let value: unknown = { [spelling]: 1 }
      let param = spelling
      for (const name of names.toReversed()) {
        value = { [name.replace('[]', '')]: name.endsWith('[]') ? [1, {}, value] : value }
        param = `${name.replace('[]', '[2]')}.${param}`
      }
      const own = path.slice(path.lastIndexOf('.') + 1)
      expect(rejectionOf(dialect, { ...minimum, ...(value as JsonObject) })).toEqual([
        param,
        `Spell the field \`${param}\` as \`${own}\`.`,
      ])
    }
  }
})

/** Gemini's bodies have names in either of two spellings. */
const ofGemini = dialects.filter(({ isModelInPath }) => isModelInPath === true)

test('S86 reads only the nested names of Gemini’s bodies that are known to affect the cost, in both spellings', () => {
  const all = new Set(ofGemini.flatMap(pathsReadBy))
  const toCamel = (path: string) => path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  expect([...new Set([...all].map(toCamel))].sort()).toEqual([
    'generationConfig.candidateCount',
    'generationConfig.maxOutputTokens',
    'generationConfig.responseJsonSchema',
    'generationConfig.responseMimeType',
    'generationConfig.responseSchema',
    'generationConfig.thinkingConfig',
    'generationConfig.thinkingConfig.thinkingBudget',
    'streamOptions.includeUsage',
    'toolConfig.functionCallingConfig',
    'toolConfig.functionCallingConfig.mode',
    'tools[].enterpriseWebSearch',
    'tools[].googleMaps',
    'tools[].googleSearch',
    'tools[].googleSearchRetrieval',
  ])
  expect(all).toContain('generation_config.thinking_config.thinking_budget')
})

test('S86 reads only the nested names that are known to affect the cost', () => {
  const all = new Set(dialects.filter((dialect) => !ofGemini.includes(dialect)).flatMap(pathsReadBy))
  expect([...all].sort()).toEqual([
    'extra_body.google',
    'extra_body.google.thinking_config',
    'extra_body.google.thinking_config.thinking_budget',
    'output_config.format',
    'output_config.format.type',
    'output_format.type',
    'reasoning.max_tokens',
    'response_format.type',
    'stream_options.include_usage',
    'text.format',
    'text.format.type',
    'thinking.budget_tokens',
    'tool_choice.allowed_tools',
    'tool_choice.allowed_tools.mode',
    'tool_choice.mode',
    'tool_choice.type',
    'tools[].max_uses',
    'tools[].model',
    'tools[].partial_images',
    'tools[].quality',
    'tools[].size',
    'tools[].type',
    'web_search_options.search_context_size',
  ])
})

test.each(dialects)('S86 passes a name that $id does not read in any spelling', (dialect) => {
  const deep = { Type: 1, Include_Usage: true, Foo: [{ Model: 1 }] }
  for (const name of ['metadata', 'foo', 'messages', 'logit_bias', 'functions'])
    expect(rejectionOf(dialect, { ...minimum, [name]: name === 'messages' ? [deep] : deep })).toBeUndefined()
  const odd = { Foo: 1, 'top-P': 1, Seed: 1, 'MAX-TOKENS': 1, 'max tokens': 1, ẞtream: 1, Modèl: 1, Max_Tokens_: 1 }
  expect(rejectionOf(dialect, { ...minimum, ...odd })).toBeUndefined()
  if (!namesReadBy(dialect).includes('size')) expect(rejectionOf(dialect, { ...minimum, Size: 1 })).toBeUndefined()
})

test.each(dialects)('S86 reads the same values of $id as a parser like Go’s', (dialect) => {
  const fields = [...namesReadBy(dialect), ...labels]
  const name = fc.oneof(
    fc.constantFrom(...fields),
    fc
      .constantFrom(...fields)
      .chain((field) =>
        fc.tuple(...[...field].map((character) => fc.constantFrom(...likeInGo(character)))).map((all) => all.join('')),
      ),
    fc.constantFrom('ſ', 'K', 'seed', 'Seed', 'ſeed', 'x'),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  )
  const own = Object.entries(minimum).map(([key, value]) => [key, JSON.stringify(value)] as const)
  const members = fc.array(fc.tuple(name, fc.constantFrom('1', '2', 'null')), { maxLength: 4 })
  void fc.assert(
    fc.property(members, fc.boolean(), (added, isFirst) => {
      const all = isFirst ? [...added, ...own] : [...own, ...added]
      const text = `{${all.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`
      const asGo = new Map<string, unknown>()
      for (const [key, value] of all) {
        const field = goFieldOf(key, fields)
        if (field !== undefined) asGo.set(field, JSON.parse(value))
      }
      let body: JsonObject
      try {
        body = parseJsonBody(new TextEncoder().encode(text), 9).object
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_value' })
        return
      }
      const isAlike = fields.every(
        (field) => Object.is(body[field], asGo.get(field)) || typeof body[field] === 'object',
      )
      const isRejected = rejectionOf(dialect, body)?.[1]?.startsWith('Spell ') === true
      expect(isRejected).toBe(!isAlike)
    }),
    { numRuns: 500 },
  )
})

/** Returns the names of the top-level members that the dialect itself reads. */
function namesReadBy(dialect: Dialect): readonly string[] {
  const seen = new Set<string>()
  const body: JsonObject = new Proxy<Record<string, unknown>>(
    {},
    {
      get(_target, name) {
        if (typeof name === 'string') seen.add(name)
        return typeof name === 'string' ? minimum[name] : undefined
      },
    },
  )
  readAll(dialect, body)
  return [...seen]
}

/** Bodies with all nested fields that a dialect may read, with the values that make it read them. */
const deepest: readonly JsonObject[] = [
  {
    ...minimum,
    stream_options: {},
    tools: [{ type: 'image_generation' }, { type: 'web_search_20260318' }],
    tool_choice: { type: 'allowed_tools', allowed_tools: {} },
    thinking: {},
    reasoning: {},
    extra_body: { google: { thinking_config: {} } },
    response_format: {},
    text: { format: {} },
    output_config: { format: {} },
    output_format: {},
    web_search_options: {},
    function_call: {},
    generationConfig: { thinkingConfig: {} },
    toolConfig: { functionCallingConfig: {} },
    metadata: {},
    audio: {},
    usage: {},
  },
  { ...minimum, tool_choice: { type: 'allowed_tools' } },
  { ...minimum, generation_config: { thinking_config: {} }, tool_config: { function_calling_config: {} } },
]

/** Returns the paths of the nested members that the dialect reads by name. */
function pathsReadBy(dialect: Dialect): readonly string[] {
  const seen = new Set<string>()
  const watch = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value
    return new Proxy(value, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof name !== 'string') return member
        if (Array.isArray(target)) return /^\d+$/.test(name) ? watch(member, `${path}[]`) : member
        const own = path === '' ? name : `${path}.${name}`
        if (path !== '') seen.add(own)
        return watch(member, own)
      },
      // An iteration over all members reads none by name.
      ownKeys: (target) => (Array.isArray(target) || path === '' ? Reflect.ownKeys(target) : []),
    })
  }
  for (const body of deepest) readAll(dialect, watch(body, '') as JsonObject)
  return [...seen]
}

function readAll(dialect: Dialect, body: JsonObject): void {
  dialect.readRequest(body)
  dialect.boundRequest(body)
  dialect.toUsageRequest(body)
  dialect.countChoices?.(body)
  dialect.requestsJson?.(body)
  const { outputLimit } = dialect
  outputLimit?.read(body, [])
  outputLimit?.needsCompleteFor(body)
  outputLimit?.reasoningOf(body)
  outputLimit?.isDeferred(body)
}

function spellingsOf(name: string): readonly string[] {
  const folded = [...name].map((each) => likeInGo(each).at(-1)).join('')
  return [name.toUpperCase(), name.slice(0, 1).toUpperCase() + name.slice(1), folded]
}

/** Returns the invalid field and the message; undefined if the request is accepted. */
function rejectionOf(dialect: Dialect, body: JsonObject): readonly [string, string] | undefined {
  try {
    dialect.readRequest(body)
    return undefined
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return [error.param ?? '', error.message]
  }
}
