import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../bench/load/run-load.ts'
import { createRequestReader } from '../../bench/upstream/create-request-reader.ts'
import { createWholeResponse } from '../../bench/upstream/create-whole-response.ts'

test('a load with a fixed number of calls sends exactly that many', async () => {
  let requests = 0
  const server = createServer((socket) => {
    const read = createRequestReader(() => {
      requests++
      socket.write(createWholeResponse('json', 600))
    })
    socket.on('data', read)
  })
  onTestFinished(() => void server.close())
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo
  const load = {
    path: '/',
    headers: {},
    body: '{}',
    concurrency: 4,
    durationMs: 0,
    bodyBytes: 600,
    ending: '}',
    paceMs: 0,
  }
  const result = await runLoad({ ...load, origin: `http://127.0.0.1:${port}`, calls: 10 })
  expect(result).toMatchObject({ clean: 10, faulty: 0 })
  expect(requests).toBe(10)
})
