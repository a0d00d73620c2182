import { expect, test } from 'vitest'
import { collect, describeSdks } from './describe-sdks.ts'

const deepinfra = { DEEPINFRA_API_KEY: 'di-test-3b8f1c', DEEPINFRA_BASE_URL: 'http://127.0.0.1:9/v1/openai' }

describeSdks('models', ({ sdk, connectDemo }) => {
  test('are listed for every provider', async () => {
    const { client } = await connectDemo(deepinfra)
    const models = await collect(client.models.list())
    const ids = models.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['demo/chat', 'deepseek-ai/DeepSeek-V3.1', 'openai/gpt-oss-120b']))
    expect(new Set(ids).size).toBe(ids.length)
    for (const model of models) {
      expect(model).toMatchObject({
        id: expect.any(String),
        object: 'model',
        created: expect.any(Number),
        owned_by: expect.any(String),
      })
    }
  })

  test('are retrieved by name, with its slash escaped or not', async () => {
    const { client } = await connectDemo(deepinfra)
    const id = 'deepseek-ai/DeepSeek-V3.1'
    const expected = { id, object: 'model', created: 1_624_980_000, owned_by: 'deepseek-ai' }
    expect(await client.models.retrieve(id)).toMatchObject(expected)
    expect(await client.get(`/models/${id}`)).toMatchObject(expected)
  })

  test('that do not exist give a NotFoundError that names the closest one', async () => {
    const { client } = await connectDemo()
    const error = await client.models.retrieve('demo/chatt').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.NotFoundError)
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    expect(String(error)).toContain('`demo/chat`')
  })
})
