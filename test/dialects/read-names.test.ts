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

/** The least that each operation takes. */
const least: JsonObject = { model: 'm', messages: [], prompt: 'x', input: 'x' }

/** What the pipeline reads of any request: for whom it is, and whether the caller wants its cost. */
const labels = ['user', 'safety_identifier', 'metadata', 'usage']

test.each(dialects)('S86 each name that is read of $id is refused in letters that Go takes for it', (dialect) => {
  const names = namesReadBy(dialect)
  expect(names.length).toBeGreaterThan(8)
  for (const name of [...names, ...labels]) {
    const { [name]: _, ...rest } = least
    for (const spelling of spellingsOf(name))
      expect(refusalOf(dialect, { ...rest, [spelling]: 1 })).toEqual([
        spelling,
        `Spell the field \`${spelling}\` as \`${name}\`.`,
      ])
  }
})

test.each(dialects)('S86 so is each name that is read deeper within a field of $id', (dialect) => {
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
      expect(refusalOf(dialect, { ...least, ...(value as JsonObject) })).toEqual([
        param,
        `Spell the field \`${param}\` as \`${own}\`.`,
      ])
    }
  }
})

test('S86 the names that are read deeper are those that are known to cost money', () => {
  const all = new Set(dialects.flatMap(pathsReadBy))
  expect([...all].sort()).toEqual([
    'extra_body.google',
    'extra_body.google.thinking_config',
    'extra_body.google.thinking_config.thinking_budget',
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
    'tools[].model',
    'tools[].partial_images',
    'tools[].quality',
    'tools[].size',
    'tools[].type',
    'web_search_options.search_context_size',
  ])
})

test.each(dialects)('S86 a name that is not read of $id passes in any letters', (dialect) => {
  const deep = { Type: 1, Include_Usage: true, Foo: [{ Model: 1 }] }
  for (const name of ['metadata', 'foo', 'messages', 'logit_bias', 'functions'])
    expect(refusalOf(dialect, { ...least, [name]: name === 'messages' ? [deep] : deep })).toBeUndefined()
  const odd = { Foo: 1, 'top-P': 1, Seed: 1, 'MAX-TOKENS': 1, 'max tokens': 1, ẞtream: 1, Modèl: 1, Max_Tokens_: 1 }
  expect(refusalOf(dialect, { ...least, ...odd })).toBeUndefined()
  if (!namesReadBy(dialect).includes('size')) expect(refusalOf(dialect, { ...least, Size: 1 })).toBeUndefined()
})

test.each(dialects)('S86 what a parser as Go’s reads of $id is what Weir has read', (dialect) => {
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
  const own = Object.entries(least).map(([key, value]) => [key, JSON.stringify(value)] as const)
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
      const refused = refusalOf(dialect, body)?.[1]?.startsWith('Spell ') === true
      expect(refused).toBe(!isAlike)
    }),
    { numRuns: 500 },
  )
})

/** The names of the top-level members that the dialect looks at itself, whatever else the body has. */
function namesReadBy(dialect: Dialect): readonly string[] {
  const seen = new Set<string>()
  const body: JsonObject = new Proxy<Record<string, unknown>>(
    {},
    {
      get(_target, name) {
        if (typeof name === 'string') seen.add(name)
        return typeof name === 'string' ? least[name] : undefined
      },
    },
  )
  readAll(dialect, body)
  return [...seen]
}

/** Fields as deep as a dialect may look, each with the values that have it look further. */
const deepest: readonly JsonObject[] = [
  {
    ...least,
    stream_options: {},
    tools: [{ type: 'image_generation' }],
    tool_choice: { type: 'allowed_tools', allowed_tools: {} },
    thinking: {},
    reasoning: {},
    extra_body: { google: { thinking_config: {} } },
    response_format: {},
    text: { format: {} },
    web_search_options: {},
    function_call: {},
    metadata: {},
    audio: {},
    usage: {},
  },
  { ...least, tool_choice: { type: 'allowed_tools' } },
]

/** The paths of the members, below the top, that the dialect looks at by their names. */
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
      // A walk through all members reads none by its name.
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
  dialect.asksForJson?.(body)
  const { outputLimit } = dialect
  outputLimit?.read(body, [])
  outputLimit?.uncutFor(body)
  outputLimit?.reasoningOf(body)
  outputLimit?.isDeferred(body)
}

function spellingsOf(name: string): readonly string[] {
  const folded = [...name].map((each) => likeInGo(each).at(-1)).join('')
  return [name.toUpperCase(), name.slice(0, 1).toUpperCase() + name.slice(1), folded]
}

/** The field at fault, and the message; undefined where the request is taken. */
function refusalOf(dialect: Dialect, body: JsonObject): readonly [string, string] | undefined {
  try {
    dialect.readRequest(body)
    return undefined
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return [error.param ?? '', error.message]
  }
}
