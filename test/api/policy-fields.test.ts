import { expect, test } from 'vitest'
import { operations } from '../../src/dialects/operations.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'

const values: Readonly<Record<string, string>> = { model: '"m"', max_tokens: '9', tools: '[]' }

/** The members of a whole body that each JSON dialect of a conversation accepts, and the fields of these that it reads. */
const bodies = {
  'chat.completions': { messages: '[]', ...values },
  completions: { prompt: '"x"', ...values },
  responses: { input: '"x"', ...values, max_output_tokens: '99' },
  'responses.input_tokens': { input: '"x"', ...values },
  messages: { messages: '[]', ...values },
  'messages.count_tokens': { messages: '[]', ...values },
} as const

const cases = Object.entries(bodies).flatMap(([operation, members]) =>
  [...Object.keys(values), ...(operation === 'responses' ? ['max_output_tokens'] : [])].map(
    (field) => [operation as keyof typeof bodies, field, members] as const,
  ),
)

describeOnBoth('a whole body with a field that policy decides by', (start, { startUpstream }) => {
  test('S58 S86 is refused if the field is doubled or in another case, in every dialect that reads it', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(422, { error: { message: 'No.' } }))
    const config = { providers: { all: { base_url: `${upstream.url}/v1`, dialects: Object.keys(bodies) } } }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config })
    const send = (operation: keyof typeof bodies, members: readonly (readonly [string, string])[]) =>
      ask(gateway, {
        target: `/v1${operations[operation].path}`,
        body: `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`,
      })
    for (const [operation, members] of Object.entries(bodies) as [keyof typeof bodies, Record<string, string>][]) {
      expect((await send(operation, Object.entries(members))).status, operation).toBe(422)
      await upstream.nextRequest()
    }
    const sent = upstream.requests.length
    for (const [operation, field, members] of cases) {
      const all: readonly (readonly [string, string])[] = Object.entries(members)
      const others = all.filter(([name]) => name !== field)
      const value = all.find(([name]) => name === field)?.[1] ?? ''
      const upper = field.toUpperCase()
      const title = field.slice(0, 1).toUpperCase() + field.slice(1)
      const refused: readonly (readonly [readonly (readonly [string, string])[], string, RegExp])[] = [
        [[...others, [upper, value]], upper, new RegExp(`Spell the field \`${upper}\` as \`${field}\``)],
        [[[title, value], ...others], title, new RegExp(`Spell the field \`${title}\` as \`${field}\``)],
        [[...all, [field, value]], field, new RegExp(`\`${field}\`.*twice`)],
        [[...all, [title, value]], title, new RegExp(`\`${title}\`.*twice`)],
        [[[upper, value], ...all], field, new RegExp(`\`${field}\`.*twice`)],
      ]
      for (const [body, param, message] of refused) {
        const response = await send(operation, body)
        const { error }: { error: object } = JSON.parse(response.text)
        expect([response.status, error], `${operation} ${JSON.stringify(body)}`).toEqual([
          400,
          expect.objectContaining({ code: 'invalid_value', param, message: expect.stringMatching(message) }),
        ])
      }
    }
    expect(upstream.requests.length).toBe(sent)
  })
})
