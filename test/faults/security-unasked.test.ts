import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, embeddings, image } from '../support/fixtures.ts'
import { gatewayToken, upstreamKey } from '../support/gateway.ts'
import { json, reset, sse } from '../support/upstream-scripts.ts'

const asked = 'canary-of-the-prompt-c7a1'
const told = 'canary-of-the-reply-09be'

describeOnBothStored('what is kept unasked', (start, { startUpstream }) => {
  test('S18 S21 S75 case D18: no prompt, reply or secret is in any table or line of the log, however a call ends', async () => {
    const { upstream, gateway, call, create } = await openKeys(
      { start, startUpstream },
      { env: { IMAGES_KEEP: 'false' } },
    )
    const key = await create({ limits: { budgets: [{ usd: 100, per: 'month' }] } })
    const message = { role: 'assistant', content: told }
    const delta = { ...chatChunks[1], choices: [{ index: 0, delta: message, finish_reason: null }] }
    const messages = [{ role: 'user', content: asked }]
    const chat = { target: '/v1/chat/completions', body: { ...chatRequest, messages } }
    const streamed = { ...chat, body: { ...chat.body, stream: true } }
    const completion = json(200, { ...chatCompletion, choices: [{ index: 0, message, finish_reason: 'stop' }] })
    const turns = [
      [chat, completion],
      [streamed, sse([delta, ...chatChunks.slice(2)])],
      [streamed, sse([delta], { cutAfterEvents: 1 })],
      [streamed, sse([delta, { error: { message: `${told} ${asked}` } }])],
      [chat, json(500, { error: { message: `${told} ${asked}` } })],
      [chat, json(200, { error: { message: `${told} ${asked}`, code: told } })],
      [chat, reset()],
      [{ ...chat, body: `{"model":"gpt-4.1","messages":[{"content":"${asked}"` }, completion],
      [{ ...chat, body: { ...chat.body, stream: asked } }, completion],
      [{ target: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: asked } }, json(200, embeddings)],
      [
        { target: '/v1/images/generations', body: { model: 'gpt-image-1', prompt: asked } },
        json(200, { ...image, note: told }),
      ],
      [{ target: '/graphql', body: { query: `{ models { id } ${asked} }` } }, completion],
    ] as const
    let answered = ''
    for (const [question, script] of turns) {
      upstream.respond(script)
      answered += (await call(key, question)).text
    }
    // They passed.
    expect(answered).toContain(told)
    expect(upstream.requests.map(({ bodyText }) => bodyText).join('')).toContain(asked)
    await gateway.flushLedger()
    const tables = await gateway.sql(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
    )
    let rows = ''
    for (const { name } of tables) rows += JSON.stringify(await gateway.sql(`SELECT * FROM "${String(name)}"`))
    expect(rows).toContain('gpt-4.1')
    for (const text of [rows, gateway.output()]) {
      for (const secret of [asked, told, upstreamKey, gatewayToken, String(key.secret)])
        expect(text).not.toContain(secret)
    }
  })
})
