import { expect, it } from 'vitest'
import { readFailure } from '../../dashboard/src/gateway/read-failure.ts'

it('shows the message of an OpenAI error, with status, code, request id and the time to wait', async () => {
  const body = { error: { message: 'Slow down.', type: 'requests', param: null, code: 'rate_limit_exceeded' } }
  const response = Response.json(body, { status: 429, headers: { 'x-request-id': 'req_1', 'retry-after': '20' } })
  expect(await readFailure(response)).toMatchObject({
    reason: 'refused',
    message: 'Slow down.',
    details: { status: 429, code: 'rate_limit_exceeded', requestId: 'req_1', retryAfter: '20' },
  })
})

it.each([
  ['{"error":"Bad Request","message":"messages field is required"}', 'messages field is required'],
  ['{"error":"model is missing"}', 'model is missing'],
  ['{"message":"no route"}', 'no route'],
  ['plain words', 'plain words'],
  ['', 'HTTP 502'],
])('finds the message in %j', async (body, message) => {
  expect((await readFailure(new Response(body, { status: 502 }))).message).toBe(message)
})

it('shows no page of HTML', async () => {
  const response = new Response('<h1>nginx</h1>', {
    status: 502,
    statusText: 'Bad Gateway',
    headers: { 'content-type': 'text/html' },
  })
  expect((await readFailure(response)).message).toBe('Bad Gateway')
})
