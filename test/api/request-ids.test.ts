import { expect, test } from 'vitest'
import { passthroughRoute, routes } from '../../src/http/routes.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'

describeOnBoth('the request id', (start, { startUpstream }) => {
  test('P04 case D18: is in every response of every route and method, and in the log of logged calls', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const paths = [...routes, passthroughRoute].map(({ path }) =>
      path
        .replace('{image}', `img_${'0'.repeat(32)}`)
        .replace(/\{\w+\}/g, 'x')
        .replace('*', 'files'),
    )
    const ids = new Map<string, string>()
    for (const target of new Set([...paths, '/', '/nothing', '/v1/%2e', '/openai/deployments/m/chat/completions']))
      for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'TRACE'])
        for (const token of [true, false]) {
          const hasBody = method === 'POST' || method === 'PATCH' || method === 'PUT'
          const response = await ask(gateway, { method, target, token, ...(hasBody && { body: {} }) })
          const id = response.header('x-request-id') ?? ''
          expect(id, `${method} ${target}`).toMatch(/^req_[0-9a-f]{32}$/)
          if (method !== 'OPTIONS') ids.set(id, target)
        }
    // Probes and files of the start page are not logged.
    const unlogged = ['/livez', '/readyz', '/', '/nothing']
    const missing = () => {
      const logged = new Set(gateway.logs().map(({ request_id }) => request_id))
      return [...ids].filter(([id, target]) => !logged.has(id) && !unlogged.includes(target))
    }
    // On Workers the last lines are written after the last response.
    if (missing().length > 0) await gateway.findLog(() => missing().length === 0)
    expect(missing()).toEqual([])
  })
})
