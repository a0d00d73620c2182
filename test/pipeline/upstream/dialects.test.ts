import { expect, test } from 'vitest'
import { embeddings } from '../../../src/dialects/embeddings.ts'
import { TargetQueue } from '../../../src/pipeline/routing/target-queue.ts'
import { tryTargets } from '../../../src/pipeline/try-targets.ts'
import type { Target } from '../../../src/providers/registry.ts'
import { chatCompletion } from '../../support/fixtures.ts'
import { json } from '../../support/upstream-scripts.ts'
import { caller, openPipeline, type Pipeline, toRequest } from '../open-pipeline.ts'

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }

/** Opens a pipeline of two targets, the first of which speaks one dialect. */
async function openWithOneDialect(): Promise<Pipeline & { readonly targets: readonly [Target, Target] }> {
  const pipeline = await openPipeline()
  const [first, second] = pipeline.targets
  if (first === undefined || second === undefined) throw new Error('the pipeline must have two targets')
  const provider = { ...first.provider, dialects: [embeddings] }
  return { ...pipeline, targets: [{ ...first, provider }, second] }
}

test('refuses a call in a dialect that its provider does not speak before sending it, at no cost', async () => {
  const pipeline = await openWithOneDialect()
  const { call } = pipeline.toCall(chat)
  const planned = { call, caller, request: toRequest(chat), exchange: undefined }
  await expect(
    tryTargets({ targets: new TargetQueue(pipeline.targets.slice(0, 1)), route: undefined }, planned, pipeline.ports),
  ).rejects.toMatchObject({
    code: 'operation_not_supported',
    status: 501,
    message:
      'No provider of this model speaks `chat.completions`. The provider `first` speaks `embeddings`. Choose a model of another provider.',
  })
  expect(pipeline.first.requests).toEqual([])
  expect(await pipeline.usageRecords()).toEqual([])
  expect(pipeline.openIds()).toEqual([])
})

test('sends the call to the next target that speaks the dialect', async () => {
  const pipeline = await openWithOneDialect()
  pipeline.second.respond(json(200, chatCompletion))
  const { call } = pipeline.toCall(chat)
  const planned = { call, caller, request: toRequest(chat), exchange: undefined }
  const { status, headers } = await tryTargets(
    { ...pipeline.plan(call), targets: new TargetQueue(pipeline.targets) },
    planned,
    pipeline.ports,
  )
  expect([status, headers['x-weir-provider']]).toEqual([200, 'second'])
  expect(pipeline.first.requests).toEqual([])
  expect(await pipeline.usageRecords()).toHaveLength(1)
})

test('returns the refusal of the previous target if the next does not speak the dialect', async () => {
  const pipeline = await openWithOneDialect()
  pipeline.second.respond(json(503, { error: { message: 'Overloaded' } }))
  const { call } = pipeline.toCall(chat)
  const planned = { call, caller, request: toRequest(chat), exchange: undefined }
  const { status } = await tryTargets(
    { ...pipeline.plan(call), targets: new TargetQueue(pipeline.targets.toReversed()) },
    planned,
    pipeline.ports,
  )
  expect(status).toBe(503)
})
