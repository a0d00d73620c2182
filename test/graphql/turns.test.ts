import { describe, expect, onTestFinished, test } from 'vitest'
import { bearer, gatewayToken } from '../support/gateway.ts'
import { maxPerTick } from '../support/most-in-turn.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { createGraphqlClient } from './graphql-client.ts'

const mebibyte = 1_048_576

describe('concurrent GraphQL requests on Node', () => {
  async function open(count: number, config: object = {}) {
    const gateway = await startNodeGateway({ env: { TOKEN: gatewayToken }, config })
    onTestFinished(gateway.close)
    const clients = await Promise.all(Array.from({ length: count }, () => openRawClient(gateway.url)))
    onTestFinished(() => {
      for (const client of clients) client.destroy()
    })
    // GraphQL is loaded at its first use.
    expect((await createGraphqlClient(gateway).ask('{__typename}')).status).toBe(200)
    const sendAll = (text: string) =>
      Promise.all(
        clients.map(async (client, at) => {
          const body = { query: `{a${at}: __typename}`, variables: { text } }
          await client.send(toRequestBytes({ target: '/graphql', headers: bearer, body }))
          return client.readResponse()
        }),
      )
    return { gateway, sendAll }
  }

  test('case D2: are handled one per tick, each on its own connection', async () => {
    const { gateway, sendAll } = await open(40)
    const responses = sendAll('')
    expect(await maxPerTick(gateway.logs(), responses)).toBeLessThanOrEqual(2)
    expect((await responses).map(({ text }) => text)).toEqual(
      Array.from({ length: 40 }, (_, at) => `{"data":{"a${at}":"Query"}}`),
    )
  })

  test('case D2: count as buffered memory while they are queued', async () => {
    const { sendAll } = await open(40, { server: { max_buffered_bytes: mebibyte } })
    const statuses = (await sendAll('x'.repeat(40_000))).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    expect((await sendAll('')).map(({ status }) => status)).toEqual(statuses.map(() => 200))
  })
})
