import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, embeddings, image } from '../support/fixtures.ts'
import { gatewayToken, upstreamKey } from '../support/gateway.ts'
import { json, reset, sse } from '../support/upstream-scripts.ts'

const prompt = 'canary-of-the-prompt-c7a1'
const reply = 'canary-of-the-reply-09be'

describeOnBothStored('data that Weir stores by default', (start, { startUpstream }) => {
  test('S18 S21 S75 case D18: no table and no log line contains a prompt, reply or secret, however a call ends', async () => {
    const { upstream, gateway, call, create } = await openKeys(
      { start, startUpstream },
      { env: { IMAGES_KEEP: 'false' } },
    )
    const key = await create({ limits: { budgets: [{ usd: 100, per: 'month' }] } })
    const message = { role: 'assistant', content: reply }
    const delta = { ...chatChunks[1], choices: [{ index: 0, delta: message, finish_reason: null }] }
    const messages = [{ role: 'user', content: prompt }]
    const chat = { target: '/v1/chat/completions', body: { ...chatRequest, messages } }
    const streamed = { ...chat, body: { ...chat.body, stream: true } }
    const completion = json(200, { ...chatCompletion, choices: [{ index: 0, message, finish_reason: 'stop' }] })
    const exchanges = [
      [chat, completion],
      [streamed, sse([delta, ...chatChunks.slice(2)])],
      [streamed, sse([delta], { cutAfterEvents: 1 })],
      [streamed, sse([delta, { error: { message: `${reply} ${prompt}` } }])],
      [chat, json(500, { error: { message: `${reply} ${prompt}` } })],
      [chat, json(200, { error: { message: `${reply} ${prompt}`, code: reply } })],
      [chat, reset()],
      [{ ...chat, body: `{"model":"gpt-4.1","messages":[{"content":"${prompt}"` }, completion],
      [{ ...chat, body: { ...chat.body, stream: prompt } }, completion],
      [{ target: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: prompt } }, json(200, embeddings)],
      [
        { target: '/v1/images/generations', body: { model: 'gpt-image-1', prompt } },
        json(200, { ...image, note: reply }),
      ],
      [{ target: '/graphql', body: { query: `{ models { id } ${prompt} }` } }, completion],
    ] as const
    let responses = ''
    for (const [request, script] of exchanges) {
      upstream.respond(script)
      responses += (await call(key, request)).text
    }
    // Proves that prompt and reply passed through Weir.
    expect(responses).toContain(reply)
    expect(upstream.requests.map(({ bodyText }) => bodyText).join('')).toContain(prompt)
    await gateway.flushLedger()
    const tables = await gateway.sql(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
    )
    let rows = ''
    for (const { name } of tables) rows += JSON.stringify(await gateway.sql(`SELECT * FROM "${String(name)}"`))
    expect(rows).toContain('gpt-4.1')
    for (const stored of [rows, gateway.output()]) {
      for (const secret of [prompt, reply, upstreamKey, gatewayToken, String(key.secret)])
        expect(stored).not.toContain(secret)
    }
  })
})
