import { expect, test } from 'vitest'
import { embeddings } from '../../../src/dialects/embeddings.ts'
import { tryTargets } from '../../../src/pipeline/handle-call.ts'
import type { Target } from '../../../src/providers/registry.ts'
import { chatCompletion } from '../../support/fixtures.ts'
import { json } from '../../support/upstream-scripts.ts'
import { caller, openPipeline, type Pipeline, toRequest } from '../open-pipeline.ts'

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }

/** The two targets of a pipeline, the first of which speaks one dialect. */
async function openWithOneDialect(): Promise<Pipeline & { readonly targets: readonly [Target, Target] }> {
  const pipeline = await openPipeline()
  const [first, second] = pipeline.targets
  if (first === undefined || second === undefined) throw new Error('there are two targets')
  const provider = { ...first.provider, dialects: [embeddings] }
  return { ...pipeline, targets: [{ ...first, provider }, second] }
}

test('a call in a dialect that its provider does not speak is refused before it is sent, and costs nothing', async () => {
  const pipeline = await openWithOneDialect()
  const { call } = pipeline.toCall(chat)
  const planned = { call, caller, request: toRequest(chat), exchange: undefined }
  await expect(tryTargets(pipeline.targets.slice(0, 1), planned, pipeline.ports)).rejects.toMatchObject({
    code: 'operation_not_supported',
    status: 501,
    message:
      'No provider of this model speaks `chat.completions`. The provider `first` speaks `embeddings`. Choose a model of another provider.',
  })
  expect(pipeline.first.requests).toEqual([])
  expect(await pipeline.book()).toEqual([])
  expect(pipeline.openIds()).toEqual([])
})

test('the next target answers it, if it speaks the dialect', async () => {
  const pipeline = await openWithOneDialect()
  pipeline.second.respond(json(200, chatCompletion))
  const { call } = pipeline.toCall(chat)
  const planned = { call, caller, request: toRequest(chat), exchange: undefined }
  const { status, headers } = await tryTargets(pipeline.targets, planned, pipeline.ports)
  expect([status, headers['x-weir-provider']]).toEqual([200, 'second'])
  expect(pipeline.first.requests).toEqual([])
  expect(await pipeline.book()).toHaveLength(1)
})

test('a target that does not speak the dialect hides no refusal of the one before', async () => {
  const pipeline = await openWithOneDialect()
  pipeline.second.respond(json(503, { error: { message: 'Overloaded' } }))
  const { call } = pipeline.toCall(chat)
  const planned = { call, caller, request: toRequest(chat), exchange: undefined }
  const { status } = await tryTargets(pipeline.targets.toReversed(), planned, pipeline.ports)
  expect(status).toBe(503)
})
