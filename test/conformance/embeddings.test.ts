import { expect, test } from 'vitest'
import { embeddings } from '../support/fixtures.ts'
import { json } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { describeSdks } from './describe-sdks.ts'

const model = 'text-embedding-ada-002'
const input = 'The food was delicious and the waiter...'

describeSdks('embeddings', ({ connectDemo, connectUpstream }) => {
  test('of the demo are equal in both encodings', async () => {
    const { client } = await connectDemo()
    const request = { model: 'demo/embedding', input: ['a cat', 'a dog'], dimensions: 256 }
    // Without an encoding in the call, the SDK requests base64 and decodes it.
    const unpacked = await client.embeddings.create(request)
    const floats = await client.embeddings.create({ ...request, encoding_format: 'float' })
    expect(unpacked.data.map(({ index }) => index)).toEqual([0, 1])
    for (const [index, { embedding }] of unpacked.data.entries()) {
      expect([...embedding]).toEqual(floats.data[index]?.embedding)
      expect(embedding).toHaveLength(256)
    }
    expect(unpacked.usage).toEqual(floats.usage)
  })

  test('through Weir are the same as without it, as floats', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, json(200, embeddings), (client) =>
      client.embeddings.create({ model, input, encoding_format: 'float' }),
    )
    expect(value).toEqual(embeddings)
  })

  test('through Weir are the same as without it, as the SDK’s default base64', async () => {
    const connection = await connectUpstream()
    const numbers = embeddings.data[0]?.embedding ?? []
    const embedding = Buffer.from(new Float32Array(numbers).buffer).toString('base64')
    const packed = { ...embeddings, data: [{ object: 'embedding', embedding, index: 0 }] }
    const { value, request } = await callBothWays(connection, json(200, packed), (client) =>
      client.embeddings.create({ model, input }),
    )
    expect(request.bodyJson).toMatchObject({ encoding_format: 'base64' })
    expect([...(value.data[0]?.embedding ?? [])]).toEqual([...new Float32Array(numbers)])
  })

  test('through Weir accept lists of token numbers', async () => {
    const connection = await connectUpstream()
    await callBothWays(connection, json(200, embeddings), (client) =>
      client.embeddings.create({ model, input: [[1212, 318, 257, 1332, 13]], encoding_format: 'float' }),
    )
  })
})
