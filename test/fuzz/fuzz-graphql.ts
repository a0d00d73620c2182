import * as fc from 'fast-check'
import { expect } from 'vitest'
import { chatCompletion } from '../support/fixtures.ts'
import { json } from '../support/upstream-scripts.ts'
import { post } from './ask-in-pieces.ts'
import { type Fuzzer, withFaults } from './fuzzer.ts'

const names = fc.constantFrom(
  ...[
    'models',
    'chatHistory',
    'sessions',
    'session',
    'exportSession',
    'getAIResponse',
    'generateImage',
    'createSession',
  ],
  ...[
    'sendMessage',
    'streamAIResponse',
    'id',
    'content',
    'items',
    'messages',
    'chatMessage',
    'images',
    'url',
    'delta',
    'message',
  ],
  ...['__typename', '__schema', '__type', 'types', 'fields', 'x', '__proto__', 'constructor'],
)

const values = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    '1',
    '-1',
    '1e400',
    '9007199254740993',
    '$a',
    'ENUM',
    '"text"',
    '"\\ud83d"',
    '"""block"""',
    '[]',
    '{}',
  ),
  fc.constantFrom(
    '{messages: [{role: "user", content: "hi"}]}',
    '{prompt: "a cat"}',
    '{content: "hi"}',
    '{messages: $a}',
    '[[[1]]]',
  ),
)

const passedArguments = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('input', 'id', 'sessionId', 'limit', 'before', 'name', 'x'), values), {
        minLength: 1,
        maxLength: 3,
      })
      .map((given) => `(${given.map(([name, value]) => `${name}: ${value}`).join(', ')})`),
  },
)

const directives = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  fc.constantFrom(' @include(if: true)', ' @skip(if: $a)', ' @defer', ' @x', ' @skip(if: false) @skip(if: false)'),
)

const { selection } = fc.letrec<{ selection: string; entry: string }>((tie) => ({
  selection: fc
    .array(tie('entry'), { minLength: 1, maxLength: 4, depthIdentifier: 'selection' })
    .map((entries) => ` { ${entries.join(' ')} }`),
  entry: fc.oneof(
    { depthSize: 'small', depthIdentifier: 'selection' },
    fc.tuple(fc.constantFrom('', '', 'a: ', 'b: '), names, passedArguments, directives).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('', 'a: '), names, passedArguments, directives, tie('selection'))
      .map((parts) => parts.join('')),
    fc.constantFrom('...A', '...B', '... on Message { id }'),
    fc.tuple(fc.constant('...'), directives, tie('selection')).map((parts) => parts.join('')),
  ),
}))

const definitions = fc.oneof(
  { weight: 3, arbitrary: selection },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('query', 'mutation', 'subscription'),
        fc.constantFrom('', ' Q', ' Q($a: [ChatMessageInput!]!)', '($a: Boolean = true)'),
        selection,
      )
      .map((parts) => parts.join('')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('A', 'B'), fc.constantFrom('Query', 'Mutation', 'Message', 'X'), selection)
      .map(([name, type, fields]) => `fragment ${name} on ${type}${fields}`),
  },
)

/** Documents that Weir accepts, which keep a run from testing only refusals. */
const plain = fc.constantFrom(
  '{ models { id ownedBy } }',
  'query Q { a: models { id } b: models { created } }',
  '{ chatHistory { id } __typename }',
  'mutation { getAIResponse(input: {messages: [{role: "user", content: "hi"}]}) { content } }',
  'mutation M { sendMessage(input: {content: "hi"}) { id content } }',
)

const documents = fc.oneof(
  { weight: 1, arbitrary: plain },
  { weight: 2, arbitrary: fc.array(definitions, { minLength: 1, maxLength: 3 }).map((found) => found.join('\n')) },
)

const tokens = [
  '{',
  '}',
  '(',
  ')',
  '[',
  '!',
  '$',
  '@',
  '...',
  '"',
  '"""',
  '#',
  '\n',
  '\0',
  '\ufeff',
  '\\u{110000}',
  'é',
  '{'.repeat(60),
  'fragment A on A { ...A }',
]

const variables = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.record({ a: fc.oneof(fc.boolean(), fc.jsonValue({ maxDepth: 2 })) }),
  fc.jsonValue({ maxDepth: 1 }),
)

interface GraphqlInput {
  readonly document: Buffer
  readonly variables: unknown
  readonly operationName: unknown
  readonly accept: string
}

export const graphqlFuzzer: Fuzzer<GraphqlInput> = {
  promise: 'a GraphQL document gets data or client errors',
  inputs: fc.record({
    document: withFaults(documents, tokens),
    variables,
    operationName: fc.constantFrom(undefined, undefined, undefined, 'Q', 'x', 1, null),
    accept: fc.constantFrom('application/json', 'application/graphql-response+json', 'text/event-stream', '*/*'),
  }),
  cases: 300,
  async attempt({ document, variables: given, operationName, accept }, { gateway, upstream }) {
    upstream.respond(json(200, chatCompletion))
    const before = upstream.requests.length
    const body = JSON.stringify({ query: document.toString(), variables: given, operationName })
    const response = await post(gateway, '/graphql', 'application/json', [Buffer.from(body)], `accept: ${accept}\r\n`)
    expect(response.status, response.text).toBeLessThan(500)
    expect(response.isComplete).toBe(true)
    expect(upstream.requests.length - before).toBeLessThanOrEqual(10)
    if (response.header('content-type')?.startsWith('text/event-stream')) {
      expect(response.text).toMatch(/^(:|event: (next|complete)\n)/)
      return response.status === 200
    }
    const result = JSON.parse(response.text) as {
      data?: unknown
      errors?: { extensions?: { code?: string } }[]
      error?: unknown
    }
    expect(result.data !== undefined || result.errors !== undefined || result.error !== undefined).toBe(true)
    expect(
      result.errors?.filter(({ extensions }) => extensions?.code?.toLowerCase().includes('internal')) ?? [],
    ).toEqual([])
    return result.data !== undefined && result.data !== null
  },
}
