import { expect, test } from 'vitest'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { json } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }
const responses = { target: '/v1/responses', body: { model: 'gpt-4.1', input: 'Hello!' } }

describeOnBothStored('the session of an agent', (start, { startUpstream }) => {
  test('is a tag of its records, after the caller’s own', async () => {
    const { gateway, upstream, create, call } = await openKeys({ start, startUpstream })
    const key = await create()
    const cases = [
      ['Codex', responses, { 'session-id': '01a22aa9-2210', 'thread-id': '01a22aa9-2210' }, ['session:01a22aa9-2210']],
      ['opencode', chat, { 'x-session-id': 'ses_dd55', 'x-session-affinity': 'ses_dd55' }, ['session:ses_dd55']],
      [
        'a sub-agent of opencode',
        chat,
        { 'x-session-id': 'ses_2', 'x-parent-session-id': 'ses_1' },
        ['session:ses_2', 'parent_session:ses_1'],
      ],
      [
        'a caller with metadata',
        { ...chat, body: { ...chatRequest, metadata: { team: 'blue' } } },
        { 'x-session-id': 'ses_3' },
        ['team:blue', 'session:ses_3'],
      ],
      [
        'a caller with the header for labels',
        chat,
        { 'x-session-id': 'ses_4', 'cf-aig-metadata': '{"team":"red"}' },
        ['team:red'],
      ],
      ['a value that is no id', chat, { 'session-id': 'a b', 'x-session-id': 'x'.repeat(101) }, []],
    ] as const
    for (const [, request, headers, tags] of cases) {
      upstream.respond(json(200, request.target === '/v1/responses' ? response : chatCompletion))
      expect((await call(key, request, headers)).status).toBe(200)
      await gateway.flushLedger()
      const rows = await gateway.sql('SELECT tag_1, tag_2 FROM call_records ORDER BY opened_at DESC, id DESC LIMIT 1')
      expect(Object.values(rows[0] ?? {}).filter((tag) => tag !== null && tag !== '')).toEqual(tags)
    }
  })
})
