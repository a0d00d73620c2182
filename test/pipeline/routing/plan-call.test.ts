import { expect, test, vi } from 'vitest'
import type { Caller, CallerKey } from '../../../src/pipeline/call/call.ts'
import { planCall } from '../../../src/pipeline/routing/plan-call.ts'
import { planTargets } from '../../../src/pipeline/routing/plan-targets.ts'
import { caller, openPipeline, toRequest } from '../open-pipeline.ts'

const config = {
  routes: {
    m: { targets: [{ model: 'first/a' }, { model: 'second/b' }] },
    both: { strategy: 'cheapest', targets: [{ model: 'm' }, { model: 'first/c' }] },
  },
}

async function open() {
  const { ports, toCall } = await openPipeline(config)
  const plan = (body: object) => {
    const full = { messages: [], ...body }
    return planCall(toRequest(full), toCall(full).call, caller, ports)
  }
  const namesOf = (body: object) => Array.from(plan(body).targets, ({ provider, model }) => `${provider.id}/${model}`)
  return { ports, plan, namesOf }
}

test('a call without the fields is sent as it is', async () => {
  const { ports, toCall } = await openPipeline(config)
  const request = toRequest({ model: 'first/a', messages: [] })
  const planned = planCall(request, toCall({ model: 'first/a', messages: [] }).call, caller, ports)
  expect(planned.request).toBe(request)
  expect(planned.route).toBeUndefined()
})

test('the preferences choose among the targets of a route, also of one inside it', async () => {
  const { namesOf } = await open()
  expect(namesOf({ model: 'm', provider: { order: ['second'] } })).toEqual(['second/b', 'first/a'])
  expect(namesOf({ model: 'm', provider: { sort: 'price' } })).toEqual(['second/b', 'first/a'])
  expect(namesOf({ model: 'both', provider: { only: ['first'] } })).toEqual(['first/a', 'first/c'])
  expect(namesOf({ model: 'both', provider: { order: ['first'], allow_fallbacks: false } })).toEqual([
    'first/a',
    'first/c',
  ])
  expect(namesOf({ model: 'm:floor' })).toEqual(['second/b', 'first/a'])
  expect(namesOf({ model: 'first/x', models: ['m'] })).toEqual(['first/x', 'first/a', 'second/b'])
})

test('models stay in their order when providers are sorted, unless all are sorted together', async () => {
  const { namesOf } = await open()
  const models = ['first/a', 'second/b']
  expect(namesOf({ models, provider: { sort: 'price' } })).toEqual(models)
  expect(namesOf({ models, provider: { sort: { by: 'price', partition: 'none' } } })).toEqual(['second/b', 'first/a'])
})

test('without fallbacks each model has one provider', async () => {
  const { namesOf } = await open()
  const provider = { allow_fallbacks: false }
  expect(namesOf({ models: ['m', 'first/x'], provider })).toEqual(['first/a', 'first/x'])
})

test('names that callers invent leave no health behind', async () => {
  const { ports, plan } = await open()
  const of = vi.spyOn(ports.routes.health, 'of')
  const { route } = plan({ models: ['first/invented', 'second/invented'] })
  expect(of).not.toHaveBeenCalled()
  expect(route?.describe()).toBe('models; strategy=ordered; attempts=0')
})

test('a caller’s own key is for one provider, whatever the models, and its failures count for no other caller', async () => {
  const { ports, toCall } = await openPipeline({
    ...config,
    providers: {
      openai: { kind: 'openai', api_key: 'sk-stored-0123456789' },
      first: { kind: 'custom', base_url: 'https://first.example/v1' },
      second: { kind: 'custom', base_url: 'https://second.example/v1' },
    },
    routes: {},
  })
  const { call } = toCall({ model: 'gpt-4.1', messages: [] })
  const credentials = { ...call.credentials, ownKey: 'sk-own' }
  const of = vi.spyOn(ports.routes.health, 'of')
  const request = toRequest({ model: 'gpt-4.1', models: ['a/b'], messages: [] })
  const { targets } = planCall(request, { ...call, credentials }, caller, ports)
  expect(Array.from(targets, ({ provider, model }) => [provider.id, model])).toEqual([
    ['openai', 'gpt-4.1'],
    ['openai', 'a/b'],
  ])
  expect(of).not.toHaveBeenCalled()
})

/** A key below `team`, which may use the route `m` only. */
const key = {
  key: { id: 'child', grants: { models: ['m'] } },
  ancestors: [{ id: 'team', grants: {} }],
} as unknown as CallerKey

test('a key of one route names no other models', async () => {
  const { ports, toCall } = await openPipeline(config)
  const plan = (fields: object) => {
    const body = { model: 'm', messages: [], ...fields }
    return planTargets(toRequest(body), toCall(body).call, { ...caller, key }, ports)
  }
  expect(plan({}).targets.first).toMatchObject({ model: 'a' })
  expect(() => plan({ fallbacks: ['first/other'] })).toThrow(
    expect.objectContaining({ code: 'model_not_allowed', param: 'fallbacks' }),
  )
})

test('a condition on a key holds for the keys below it', async () => {
  const when = { keys: ['team'] }
  const { ports, toCall } = await openPipeline({
    routes: { m: { targets: [{ model: 'first/a', when }, { model: 'second/b' }] } },
  })
  const body = { model: 'm', messages: [] }
  const firstOf = (each: Caller) => planTargets(toRequest(body), toCall(body).call, each, ports).targets.first
  expect(firstOf({ ...caller, key })?.model).toBe('a')
  expect(firstOf(caller)?.model).toBe('b')
})
