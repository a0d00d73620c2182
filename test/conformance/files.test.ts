import { expect, test } from 'vitest'
import { answer, json } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'
import { file } from './fixtures.ts'

const lines = '{"custom_id":"request-1"}\n{"custom_id":"request-2","文":"本"}\n'
const env = { PASSTHROUGH: 'openai' }

describeSdks('files, which Weir relays without understanding them,', ({ sdk, connectUpstream }) => {
  test('are created', async () => {
    const connection = await connectUpstream({ env })
    const { value } = await callBothWays(connection, json(200, file), (client) =>
      client.files.create({ file: new File([lines], 'mydata.jsonl'), purpose: 'batch' }),
    )
    expect(value).toEqual(file)
  })

  test('are listed page by page', async () => {
    const connection = await connectUpstream({ env })
    const page = { object: 'list', data: [file, { ...file, id: 'file-abc456' }], has_more: false }
    const { value, request } = await callBothWays(connection, json(200, page), (client) =>
      collect(client.files.list({ purpose: 'batch', limit: 2, after: 'file-abc/1 é' })),
    )
    expect(value.map(({ id }) => id)).toEqual(['file-abc123', 'file-abc456'])
    expect(request.target).toContain('limit=2')
  })

  test('are retrieved and deleted', async () => {
    const connection = await connectUpstream({ env })
    const found = await callBothWays(connection, json(200, file), (client) => client.files.retrieve('file-abc123'))
    expect(found.value).toEqual(file)
    const deletion = { id: 'file-abc123', object: 'file', deleted: true }
    const deleted = await callBothWays(connection, json(200, deletion), (client) =>
      sdk.deleteFile(client, 'file-abc123'),
    )
    expect(deleted.value).toEqual(deletion)
    expect(deleted.request.method).toBe('DELETE')
  })

  test('are downloaded with the same bytes', async () => {
    const connection = await connectUpstream({ env })
    const script = answer([lines], { headers: { 'content-type': 'application/octet-stream' } })
    const { value } = await callBothWays(connection, script, async (client) =>
      (await client.files.content('file-abc123')).text(),
    )
    expect(value).toBe(lines)
  })

  test('keep the upstream’s errors', async () => {
    const { client, upstream } = await connectUpstream({ env })
    const message = 'No such File object: file-gone'
    upstream.respond(json(404, { error: { message, type: 'invalid_request_error', param: 'id', code: null } }))
    const error = await client.files.retrieve('file-gone').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.NotFoundError)
    expect(error).toMatchObject({ param: 'id', message: expect.stringContaining(message) })
  })

  test('without a configured provider give a NotFoundError that names the missing setting', async () => {
    const { client, upstream } = await connectUpstream()
    const error = await client.files.retrieve('file-abc123').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.NotFoundError)
    expect(String(error)).toContain('PASSTHROUGH')
    expect(upstream.requests).toEqual([])
  })
})
