import { expect, test } from 'vitest'
import { gather, toByteStream } from '../../../src/core/byte-stream.ts'
import { GatewayError } from '../../../src/core/errors.ts'
import { type GatewayResponse, isByteStream, toText } from '../../../src/core/gateway-response.ts'
import type { Call, CallRequest } from '../../../src/pipeline/call/call.ts'
import type { Ports } from '../../../src/pipeline/call/ports.ts'
import { runIdempotent } from '../../../src/pipeline/idempotency/run-idempotent.ts'
import { planTargets } from '../../../src/pipeline/routing/plan-targets.ts'
import { TargetQueue } from '../../../src/pipeline/routing/target-queue.ts'
import { loadHistory } from '../../../src/pipeline/sessions/load-history.ts'
import { tryTargets } from '../../../src/pipeline/try-targets.ts'
import type { AdmissionRequest, AdmissionResult } from '../../../src/storage/ledger/ledger.ts'
import { chatChunks, chatChunksWithUsage, chatCompletion } from '../../support/fixtures.ts'
import { hangUp, json, silent, sse } from '../../support/upstream-scripts.ts'
import { caller, openPipeline, type Pipeline, toRequest } from '../open-pipeline.ts'

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }
const streamed = { ...chat, stream: true, stream_options: { include_usage: true } }
const emptyCompletion = {
  ...chatCompletion,
  choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 },
}
const overloaded = { error: { message: 'Overloaded', type: 'server_error', param: null, code: null } }

/** Tries both targets in order. */
function tryBoth(
  pipeline: Pipeline,
  call: Call,
  request: CallRequest = toRequest(chat),
  ports: Ports = pipeline.ports,
): Promise<GatewayResponse> {
  return tryTargets(pipeline.plan(call, request), { call, caller, request, exchange: undefined }, ports)
}

async function textOf({ body }: GatewayResponse): Promise<string> {
  return toText(isByteStream(body) ? await gather(body) : body)
}

test('a call whose first target fails has two attempts, two reservations and two settlements', async () => {
  const pipeline = await openPipeline()
  pipeline.first.respond(hangUp())
  pipeline.second.respond(json(200, chatCompletion))
  const { call } = pipeline.toCall(chat)
  const response = await tryBoth(pipeline, call)
  call.trace.finish('ok', { status: response.status })
  expect(JSON.parse(await textOf(response))).toEqual(chatCompletion)
  expect(response.headers).toMatchObject({ 'x-weir-provider': 'second', 'x-weir-model': 'second-model' })
  const records = await pipeline.usageRecords()
  expect(records).toMatchObject([
    { attempt: 1, provider: 'first', outcome: 'upstream_error', error_code: 'upstream_unreachable', cost_nano: 0 },
    { attempt: 2, provider: 'second', outcome: 'ok', cost_source: 'usage', output_tokens: 10 },
  ])
  expect(records[1]?.cost_nano).toBeGreaterThan(0)
  expect(response.callHeaders).toMatchObject({ 'x-generation-id': records[1]?.id })
  expect(await pipeline.ports.metering?.ledger.balance('token', Date.now())).toMatchObject({
    spentNano: records[1]?.cost_nano,
    reservedNano: 0,
    calls: 0,
  })
})

test('the record of a call lists its attempts, whose durations sum to at most its own', async () => {
  const pipeline = await openPipeline()
  pipeline.first.respond(json(503, overloaded))
  pipeline.second.respond(json(200, chatCompletion))
  const { call } = pipeline.toCall(chat)
  const { status } = await tryBoth(pipeline, call)
  call.trace.finish('ok', { status })
  const [record] = pipeline.records
  expect(record).toMatchObject({
    status: 200,
    outcome: 'ok',
    attempts: [
      { provider: 'first', model: 'first-model', status: 503, outcome: 'upstream_error', costNano: 0 },
      { provider: 'second', model: 'second-model', status: 200, outcome: 'ok', finishReason: 'stop' },
    ],
  })
  const durations = record?.attempts.map(({ durationMs }) => durationMs) ?? []
  expect(durations.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(record?.durationMs ?? 0)
  expect(record?.firstByteMs).toBeGreaterThanOrEqual(durations[0] ?? Number.NaN)
})

test('relays the stream of the target that responds, and settles it at its end', async () => {
  const pipeline = await openPipeline()
  pipeline.first.respond(hangUp())
  pipeline.second.respond(sse(chatChunksWithUsage))
  const { call } = pipeline.toCall(streamed)
  const response = await tryBoth(pipeline, call, toRequest(streamed))
  expect(await textOf(response)).toContain('data: [DONE]')
  expect(await pipeline.usageRecords()).toMatchObject([
    { attempt: 1, provider: 'first', outcome: 'upstream_error' },
    { attempt: 2, provider: 'second', outcome: 'ok', cost_source: 'usage' },
  ])
  expect(pipeline.records).toMatchObject([{ outcome: 'ok', attempts: [{ provider: 'first' }, { provider: 'second' }] }])
})

test('names every attempt and its failure if all targets fail, without words of a provider', async () => {
  const pipeline = await openPipeline()
  const secretive = { error: { message: 'Overloaded, says sk-secret', type: 'server_error' } }
  pipeline.first.respondNext(hangUp(), json(429, secretive, { headers: { 'retry-after': '9' } }))
  pipeline.second.respondNext(json(503, secretive), json(429, secretive, { headers: { 'retry-after': '7' } }))
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({
    code: 'route_failed',
    status: 502,
    message:
      'Every target of the route `m` failed. `first/first-model`: unknown_outcome (502); `second/second-model`: overload (503).',
  })
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({
    code: 'route_limited',
    status: 429,
    headers: { 'retry-after': '7' },
  })
  expect(await pipeline.usageRecords()).toHaveLength(4)
})

test('returns the failure itself, byte for byte, if it ends the call', async () => {
  const pipeline = await openPipeline({ routes: { m: { targets: [{ model: 'first/first-model' }] } } })
  const refusal = { error: { message: 'Flagged by the content policy', code: 'content_policy_violation' } }
  pipeline.first.respondNext(json(429, overloaded), json(400, refusal), hangUp())
  const limited = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect([limited.status, await textOf(limited)]).toEqual([429, JSON.stringify(overloaded)])
  const refused = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect([refused.status, await textOf(refused)]).toEqual([400, JSON.stringify(refusal)])
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({ code: 'upstream_unreachable' })
})

test('returns a refusal that the caller can mend, although another target failed before', async () => {
  const pipeline = await openPipeline()
  const refusal = { error: { message: 'Wrong', type: 'invalid_request_error', code: 'invalid_value' } }
  pipeline.first.respond(json(503, overloaded))
  pipeline.second.respond(json(400, refusal))
  const response = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect([response.status, await textOf(response)]).toEqual([400, JSON.stringify(refusal)])
})

test('repeats no call whose outcome is unknown, unless the route says so', async () => {
  const targets = [{ model: 'first/first-model' }, { model: 'second/second-model' }]
  const pipeline = await openPipeline({ routes: { m: { targets } } })
  pipeline.first.respond(hangUp())
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({ code: 'upstream_unreachable' })
  expect(pipeline.second.requests).toEqual([])
})

test('tries the next target if a provider refuses the country', async () => {
  const pipeline = await openPipeline()
  const blocked = { error: { code: 'unsupported_country_region_territory', message: 'Country not supported' } }
  pipeline.first.respond(json(403, blocked))
  pipeline.second.respond(json(200, chatCompletion))
  const response = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect([response.status, response.headers['x-weir-provider']]).toEqual([200, 'second'])
  expect(response.headers['x-weir-route']).toBe('m; strategy=ordered; attempts=2; failed="region at first/first-model"')
})

test('tries no second target for a caller who has left', async () => {
  const pipeline = await openPipeline()
  pipeline.first.respond(silent())
  const { call, gone } = pipeline.toCall(chat)
  const pending = tryBoth(pipeline, call)
  await pipeline.first.nextRequest()
  gone.abort(undefined)
  await expect(pending).rejects.toThrow()
  expect(pipeline.second.requests).toEqual([])
  expect(await pipeline.usageRecords()).toMatchObject([{ attempt: 1, outcome: 'client_gone', status: 499 }])
})

test('sends a form to one target only', async () => {
  const pipeline = await openPipeline()
  pipeline.first.respond(json(503, overloaded))
  const stream = toByteStream(new TextEncoder().encode('--b\r\n'))
  const request: CallRequest = {
    body: {
      kind: 'form',
      fields: {},
      files: 0,
      isWhole: true,
      length: 5,
      withModel: () => ({ kind: 'raw', contentType: 'multipart/form-data; boundary=b', length: 5, stream }),
    },
    model: 'm',
    isStream: false,
    wantsUsage: true,
    wantsCost: false,
  }
  const response = await tryBoth(pipeline, pipeline.toCall(chat).call, request)
  expect(response.status).toBe(503)
  expect(pipeline.second.requests).toEqual([])
  expect(await pipeline.usageRecords()).toHaveLength(1)
})

test('loads a session’s history once, and stores the reply once', async () => {
  const pipeline = await openPipeline()
  const { ports } = pipeline
  pipeline.first.respond(sse(chatChunks, { doneAtEnd: true, status: 503 }))
  pipeline.second.respond(sse(chatChunks))
  const id = 'session_1'
  await ports.storage?.sessions.create(caller.owner, { id, now: Date.now() })
  const request = toRequest({ ...chat, stream: true })
  const { call } = pipeline.toCall({ ...chat, stream: true }, { sessionId: id })
  const exchange = await loadHistory(request, id, caller, ports.buffers.open(), ports)
  const response = await tryTargets(
    pipeline.plan(call, exchange.request),
    { call, caller, request: exchange.request, exchange },
    ports,
  )
  await textOf(response)
  await pipeline.drained()
  expect(await ports.storage?.sessions.messages(caller.owner, id, { limit: 10 })).toMatchObject([
    { role: 'user', content: 'Hello!' },
    { role: 'assistant', status: 'complete' },
  ])
})

test('an Idempotency-Key covers all attempts: the response is replayed without calling a target', async () => {
  const pipeline = await openPipeline()
  pipeline.first.respond(hangUp())
  pipeline.second.respond(sse(chatChunksWithUsage))
  const request = toRequest(streamed)
  const send = () => {
    const { call } = pipeline.toCall(streamed, { idempotencyKey: 'k1' })
    return runIdempotent(
      'k1',
      call,
      caller,
      request,
      (once) => tryTargets(pipeline.plan(once), { call: once, caller, request, exchange: undefined }, pipeline.ports),
      pipeline.ports,
    )
  }
  const text = await textOf(await send())
  await pipeline.drained()
  const again = await send()
  expect(await textOf(again)).toBe(text)
  expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', 'x-weir-provider': 'second' })
  expect([pipeline.first.requests.length, pipeline.second.requests.length]).toEqual([1, 1])
  expect(await pipeline.usageRecords()).toHaveLength(2)
})

test('ends the call with the previous target’s response if a further reservation is refused', async () => {
  const pipeline = await openPipeline()
  const { metering } = pipeline.ports
  if (metering === undefined) throw new Error('metering is off')
  const { ledger } = metering
  const refused = {
    kind: 'refused',
    limit: {
      kind: 'rate',
      unit: 'requests',
      window: 'minute',
      keyId: 'token',
      isPerUser: false,
      allowed: 1,
      used: 1,
      resetsInMs: 1_000,
    },
    asked: 1,
  } as const
  const ports = {
    ...pipeline.ports,
    metering: {
      ...metering,
      ledger: {
        ...ledger,
        admit: (request: AdmissionRequest) =>
          request.attempt === 1 ? ledger.admit(request) : Promise.resolve<AdmissionResult>(refused),
      },
    },
  }
  pipeline.first.respondNext(json(503, overloaded), hangUp())
  const send = () => tryBoth(pipeline, pipeline.toCall(chat).call, toRequest(chat), ports)
  const response = await send()
  expect([response.status, await textOf(response)]).toEqual([503, JSON.stringify(overloaded)])
  await expect(send()).rejects.toMatchObject({ code: 'upstream_unreachable' })
  expect(await pipeline.usageRecords()).toMatchObject([
    { attempt: 1, outcome: 'upstream_error', status: 503 },
    { attempt: 1, outcome: 'upstream_error' },
  ])
})

/** Opens a pipeline whose first target has failed an hour ago: the next call probes it. */
async function openHalfOpen() {
  const pipeline = await openPipeline()
  const { clock, metering, routes } = pipeline.ports
  const [ill] = pipeline.targets
  if (metering === undefined || ill === undefined) throw new Error('metering is off')
  routes.health.of(ill).fail('auth', undefined, clock.now() - 3_600_000, 0.5)
  return { pipeline, metering, ill }
}

test('probes an ill target with one call, also while its reservation is pending', async () => {
  const { pipeline, metering } = await openHalfOpen()
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const { ledger } = metering
  const admit = (request: AdmissionRequest) => released.then(() => ledger.admit(request))
  const ports = { ...pipeline.ports, metering: { ...metering, ledger: { ...ledger, admit } } }
  const send = () => tryBoth(pipeline, pipeline.toCall(chat).call, toRequest(chat), ports)
  pipeline.first.respond(json(200, chatCompletion))
  pipeline.second.respond(json(200, chatCompletion))
  const pending = [send(), send()]
  release()
  const served = (await Promise.all(pending)).map(({ headers }) => headers['x-weir-provider'])
  expect(served).toEqual(['first', 'second'])
})

test('gives a target back that Weir refused to call, so the next call probes it', async () => {
  const { pipeline, metering, ill } = await openHalfOpen()
  const { ledger } = metering
  const admit = () => Promise.reject(new GatewayError('store_unavailable', 'The ledger is away.'))
  const refusing = { ...pipeline.ports, metering: { ...metering, ledger: { ...ledger, admit } } }
  pipeline.first.respond(json(200, chatCompletion))
  const send = (ports: Ports) => tryBoth(pipeline, pipeline.toCall(chat).call, toRequest(chat), ports)
  await expect(send(refusing)).rejects.toMatchObject({ headers: { 'x-weir-route': 'm; strategy=ordered; attempts=0' } })
  const { clock, routes } = pipeline.ports
  expect(routes.health.status(ill, clock.now()).callsInProgress).toBe(0)
  expect((await send(pipeline.ports)).headers['x-weir-provider']).toBe('first')
})

test('an error inside a stream, or the end of this server, is not a failure of the target', async () => {
  const pipeline = await openPipeline()
  const { clock, routes } = pipeline.ports
  const [target = expect.unreachable()] = pipeline.targets
  const flagged = { error: { message: 'Flagged', code: 'content_policy_violation' } }
  pipeline.first.respond(sse([...chatChunks.slice(0, 2), flagged]))
  const first = await tryBoth(pipeline, pipeline.toCall(streamed).call, toRequest(streamed))
  await textOf(first)
  pipeline.first.respond(sse(chatChunks.slice(0, 2), { ending: 'never' }))
  const { body } = await tryBoth(pipeline, pipeline.toCall(streamed).call, toRequest(streamed))
  if (!isByteStream(body)) throw new Error('not a stream')
  body.start({ write: () => true, end() {}, fail() {} })
  body.interrupt?.(new GatewayError('draining', 'This server is shutting down.'))
  expect(routes.health.status(target, clock.now()).model.failures).toBe(0)
  expect(await pipeline.usageRecords()).toMatchObject([{ failure: 'content_policy' }, { failure: 'bad_request' }])
})

test('a refusal has no time to the first token', async () => {
  const pipeline = await openPipeline()
  const { clock, routes } = pipeline.ports
  const [target = expect.unreachable()] = pipeline.targets
  pipeline.first.respond(json(400, overloaded))
  await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect(routes.health.status(target, clock.now()).firstTokenMs).toBeUndefined()
})

test.each([400, 422])('returns a refusal of %i, and tries no second target', async (status) => {
  const pipeline = await openPipeline()
  pipeline.first.respond(json(status, overloaded))
  const response = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect(response.status).toBe(status)
  expect(pipeline.second.requests).toEqual([])
  expect(await pipeline.usageRecords()).toHaveLength(1)
})

test('case A17: tries the second target if the provider refuses the key', async () => {
  const pipeline = await openPipeline({}, { api_key: 'sk-refused-by-first' })
  pipeline.first.respond(json(401, overloaded))
  pipeline.second.respond(json(200, chatCompletion))
  expect((await tryBoth(pipeline, pipeline.toCall(chat).call)).status).toBe(200)
  expect(await pipeline.usageRecords()).toMatchObject([
    { outcome: 'upstream_error', cost_source: 'none' },
    { outcome: 'ok' },
  ])
})

test.each([402, 403, 404, 408, 409, 413, 425, 429, 500, 502, 503, 529])(
  'tries the second target after a refusal of %i',
  async (status) => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(status, overloaded))
    pipeline.second.respond(json(200, chatCompletion))
    expect((await tryBoth(pipeline, pipeline.toCall(chat).call)).status).toBe(200)
    expect(await pipeline.usageRecords()).toHaveLength(2)
  },
)

test('charges nothing and calls no target if the caller leaves while its limits are checked', async () => {
  const pipeline = await openPipeline()
  const { metering } = pipeline.ports
  if (metering === undefined) throw new Error('metering is off')
  const { ledger } = metering
  const { call, gone } = pipeline.toCall(chat)
  const admit: typeof ledger.admit = async (request) => {
    gone.abort(undefined)
    return await ledger.admit(request)
  }
  const ports = { ...pipeline.ports, metering: { ...metering, ledger: { ...ledger, admit } } }
  const pending = tryTargets(
    pipeline.plan(call),
    { call, caller, request: toRequest(chat), exchange: undefined },
    ports,
  )
  await expect(pending).rejects.toThrow()
  expect(pipeline.first.requests).toEqual([])
  expect(await pipeline.usageRecords()).toMatchObject([{ outcome: 'client_gone', status: 499, cost_nano: 0 }])
})

test('S102 the credential of a caller stays with its provider when the call is tried at the next', async () => {
  const plan = 'sk-ant-oat01-plan-of-a-person-6f2d81c04b'
  const pipeline = await openPipeline({}, { caller_credentials: 'pass' })
  pipeline.first.respond(json(503, overloaded))
  pipeline.second.respond(json(200, chatCompletion))
  const providerHeaders = { authorization: `Bearer ${plan}` }
  const { call } = pipeline.toCall(chat, { headers: { ...providerHeaders, 'user-agent': 'codex/1' } })
  const response = await tryBoth(pipeline, { ...call, credentials: { ...call.credentials, providerHeaders } })
  expect(response.headers).toMatchObject({ 'x-weir-provider': 'second' })
  expect((await pipeline.first.nextRequest()).headers).toMatchObject({ ...providerHeaders, 'user-agent': 'codex/1' })
  const sent = await pipeline.second.nextRequest()
  expect(sent.headers['user-agent']).toBe('weir')
  expect(JSON.stringify(sent.rawHeaders)).not.toContain(plan)
  expect(await pipeline.usageRecords()).toMatchObject([
    { provider: 'first', cost_source: 'none', cost_nano: 0 },
    { provider: 'second', cost_source: 'usage' },
  ])
})

test('S102 a next provider that needs a credential of the caller is left out, and the first failure returned', async () => {
  const pipeline = await openPipeline({}, { caller_credentials: 'pass' })
  pipeline.second.respond(json(503, overloaded))
  const { call } = pipeline.toCall(chat)
  const { targets, route } = pipeline.plan(call)
  const response = await tryTargets(
    { targets: new TargetQueue([...targets].toReversed()), route },
    { call, caller, request: toRequest(chat), exchange: undefined },
    pipeline.ports,
  )
  expect([response.status, await textOf(response)]).toEqual([503, JSON.stringify(overloaded)])
  expect(pipeline.first.requests).toEqual([])
})

const retrying = (fields: object) => ({
  routes: { m: { targets: [{ model: 'first/first-model' }, { model: 'second/second-model' }], ...fields } },
})
const soon = { headers: { 'retry-after-ms': '5' } }

test('R22 makes another round after all targets have failed for the moment, as soon as the first allows it', async () => {
  const pipeline = await openPipeline(retrying({ retries: 1 }))
  pipeline.first.respond(json(429, overloaded, { headers: { 'retry-after': '9' } }))
  pipeline.second.respondNext(json(429, overloaded, soon))
  pipeline.second.respond(json(200, chatCompletion))
  const response = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect([response.status, response.headers['x-weir-provider']]).toEqual([200, 'second'])
  expect(await pipeline.usageRecords()).toMatchObject([
    { attempt: 1, provider: 'first' },
    { attempt: 2, provider: 'second' },
    { attempt: 3, provider: 'second', outcome: 'ok' },
  ])
})

test('R22 makes another round although Weir refuses to call the last target', async () => {
  const targets = [{ model: 'second/second-model' }, { model: 'first/first-model' }]
  const pipeline = await openPipeline(retrying({ targets, retries: 1 }), { caller_credentials: 'pass' })
  pipeline.second.respondNext(json(503, overloaded, soon))
  pipeline.second.respond(json(200, chatCompletion))
  expect((await tryBoth(pipeline, pipeline.toCall(chat).call)).headers['x-weir-route']).toBe(
    'm; strategy=ordered; attempts=2; failed="overload at second/second-model"',
  )
  expect(pipeline.first.requests).toEqual([])
})

test('a call limited in two rounds is answered with the time after which the first target may be called', async () => {
  const pipeline = await openPipeline(retrying({ retries: 1 }))
  const limited = (seconds: string) => json(429, overloaded, { headers: { 'retry-after': seconds } })
  pipeline.first.respondNext(limited('0.01'), limited('20'))
  pipeline.second.respondNext(limited('9'))
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({
    code: 'route_limited',
    headers: { 'retry-after': '9' },
  })
  expect([pipeline.first.requests.length, pipeline.second.requests.length]).toEqual([2, 1])
})

test('R22 another round leaves out a target that asked for more time, although another fails again', async () => {
  const pipeline = await openPipeline(retrying({ retries: 2 }))
  pipeline.first.respond(json(429, overloaded, { headers: { 'retry-after': '9' } }))
  pipeline.second.respondNext(json(429, overloaded, soon), json(503, overloaded, soon))
  pipeline.second.respond(json(200, chatCompletion))
  expect((await tryBoth(pipeline, pipeline.toCall(chat).call)).headers['x-weir-provider']).toBe('second')
  expect([pipeline.first.requests.length, pipeline.second.requests.length]).toEqual([1, 3])
})

test('R22 waits for no target that asks for too long while another may answer sooner', async () => {
  const pipeline = await openPipeline(retrying({ retries: 1, max_wait_ms: 100 }))
  pipeline.first.respond(json(429, overloaded, { headers: { 'retry-after': '9' } }))
  pipeline.second.respondNext(json(503, overloaded))
  pipeline.second.respond(json(200, chatCompletion))
  expect((await tryBoth(pipeline, pipeline.toCall(chat).call)).headers['x-weir-provider']).toBe('second')
  expect(pipeline.first.requests).toHaveLength(1)
})

test.each([
  [
    'a provider asks for more than the route waits',
    { retries: 1, max_wait_ms: 100 },
    json(429, overloaded, { headers: { 'retry-after': '9' } }),
  ],
  ['the last failure will not pass', { retries: 5 }, json(401, overloaded)],
  ['the operator returns such failures', { retries: 5, on_failure: { overload: [] } }, json(503, overloaded, soon)],
  ['the route has no retries', {}, json(503, overloaded, soon)],
])('R22 makes no further round if %s', async (_reason, fields, failure) => {
  const pipeline = await openPipeline(retrying(fields))
  pipeline.first.respond(failure)
  pipeline.second.respond(failure)
  await tryBoth(pipeline, pipeline.toCall(chat).call).catch(() => undefined)
  expect(pipeline.first.requests).toHaveLength(1)
  expect(pipeline.second.requests.length).toBeLessThan(2)
})

test('R22 another round leaves out the targets whose failure will not pass', async () => {
  const pipeline = await openPipeline(retrying({ retries: 1 }))
  pipeline.first.respond(json(404, overloaded))
  pipeline.second.respond(json(503, overloaded, soon))
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({ code: 'route_failed' })
  expect([pipeline.first.requests.length, pipeline.second.requests.length]).toEqual([1, 2])
})

test('R22 the attempts of all rounds are at most `max_attempts`', async () => {
  const pipeline = await openPipeline(retrying({ retries: 5, max_attempts: 3 }))
  pipeline.first.respond(json(503, overloaded, soon))
  pipeline.second.respond(json(503, overloaded, soon))
  await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({ code: 'route_failed' })
  expect([pipeline.first.requests.length, pipeline.second.requests.length]).toEqual([2, 1])
})

test('R22 another round replaces an error with which a stream begins', async () => {
  const pipeline = await openPipeline(retrying({ targets: [{ model: 'first/first-model' }], retries: 1 }))
  pipeline.first.respondNext(sse([...chatChunks.slice(0, 1), overloaded], { doneAtEnd: false }), sse(chatChunks))
  const text = await textOf(await tryBoth(pipeline, pipeline.toCall(streamed).call, toRequest(streamed)))
  expect(text).toContain('Hello')
  expect(text).not.toContain('Overloaded')
})

test('returns an empty reply if `max_attempts` leaves no other, and the caller pays it', async () => {
  const pipeline = await openPipeline(retrying({ max_attempts: 1 }))
  pipeline.first.respond(json(200, emptyCompletion))
  const { status, headers } = await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect([status, headers['x-weir-provider']]).toEqual([200, 'first'])
  expect(await pipeline.usageRecords()).toMatchObject([{ provider: 'first', outcome: 'ok', cost_source: 'usage' }])
})

test('an empty reply is replaced by a target that only a step names', async () => {
  const targets = [{ model: 'first/first-model' }]
  const pipeline = await openPipeline(retrying({ targets, on_failure: { empty: ['second/second-model'] } }))
  pipeline.first.respond(json(200, emptyCompletion))
  pipeline.second.respond(json(200, chatCompletion))
  expect((await tryBoth(pipeline, pipeline.toCall(chat).call)).headers['x-weir-provider']).toBe('second')
})

test('a caller sets no target aside by leaving', async () => {
  const pipeline = await openPipeline()
  const { clock, routes } = pipeline.ports
  const [first = expect.unreachable()] = pipeline.targets
  pipeline.first.respond(sse(chatChunks.slice(0, 2), { ending: 'never' }))
  for (let times = 0; times < 3; times++) {
    const { body } = await tryBoth(pipeline, pipeline.toCall(streamed).call, toRequest(streamed))
    if (isByteStream(body)) body.cancel()
  }
  expect(routes.health.status(first, clock.now())).toMatchObject({ model: { failures: 0 }, callsInProgress: 0 })
})

test('a caller sets no target aside by the state of its own account', async () => {
  const pipeline = await openPipeline({}, { caller_credentials: 'pass' })
  const { clock, routes } = pipeline.ports
  const [first = expect.unreachable()] = pipeline.targets
  const { call } = pipeline.toCall(chat)
  const providerHeaders = { authorization: 'Bearer own-of-a-person' }
  const own = { ...call, credentials: { ...call.credentials, providerHeaders } }
  pipeline.second.respond(json(200, chatCompletion))
  pipeline.first.respondNext(json(402, overloaded), json(429, overloaded))
  for (let times = 0; times < 2; times++) await tryBoth(pipeline, own)
  const closed = { state: 'closed', failures: 0 }
  expect(routes.health.status(first, clock.now())).toMatchObject({ account: closed, model: closed })
})

test('a refusal is one failure of its target', async () => {
  const pipeline = await openPipeline()
  const { clock, routes } = pipeline.ports
  const [first = expect.unreachable()] = pipeline.targets
  pipeline.first.respond(json(503, overloaded))
  pipeline.second.respond(json(200, chatCompletion))
  await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect(routes.health.status(first, clock.now()).model.failures).toBe(1)
})

test('a route learns the usual tokens of its calls', async () => {
  const pipeline = await openPipeline()
  const mix = pipeline.ports.routes.find('m')?.mix
  const { input = 0, output = 0 } = mix ?? {}
  pipeline.first.respond(json(200, chatCompletion))
  await tryBoth(pipeline, pipeline.toCall(chat).call)
  expect(mix?.input).toBeLessThan(input)
  expect(mix?.output).toBeLessThan(output)
})

test('R22 bounds the retries of a route, whatever its calls', async () => {
  const pipeline = await openPipeline(retrying({ retries: 5, max_attempts: 20 }))
  pipeline.first.respond(json(503, overloaded, soon))
  pipeline.second.respond(json(503, overloaded, soon))
  for (let call = 0; call < 10; call++)
    await expect(tryBoth(pipeline, pipeline.toCall(chat).call)).rejects.toMatchObject({ code: 'route_failed' })
  // Ten calls, and at most the reserve of ten with a fifth of the calls.
  const rounds = pipeline.second.requests.length
  expect(rounds).toBe(21)
})

test('R22 waits for a random time before another round, which at most doubles', async () => {
  const pipeline = await openPipeline(retrying({ retries: 2 }))
  const { clock, secrets } = pipeline.ports
  pipeline.first.respond(json(503, overloaded))
  pipeline.second.respond(json(503, overloaded))
  const waits: number[] = []
  const after: typeof clock.after = (ms, run) => {
    if (ms > 1_000) return clock.after(ms, run)
    waits.push(ms)
    return clock.after(0, run)
  }
  // A quarter.
  const ports = { ...pipeline.ports, clock: { ...clock, after }, secrets: { ...secrets, randomHex: () => '40000000' } }
  const { call } = pipeline.toCall(chat)
  const request = toRequest(chat)
  const plan = planTargets(request, call, caller, ports)
  const pending = tryTargets(plan, { call, caller, request, exchange: undefined }, ports)
  await expect(pending).rejects.toMatchObject({ code: 'route_failed' })
  expect(waits).toEqual([125, 250])
})

test('R22 a caller who leaves while the route waits gets no further attempt', async () => {
  const pipeline = await openPipeline(retrying({ retries: 1 }))
  pipeline.first.respond(json(503, overloaded, { headers: { 'retry-after': '8' } }))
  pipeline.second.respond(json(503, overloaded, { headers: { 'retry-after': '8' } }))
  const { call, gone } = pipeline.toCall(chat)
  const pending = tryBoth(pipeline, call)
  await pipeline.second.nextRequest()
  gone.abort(undefined)
  await expect(pending).rejects.toThrow()
  expect(await pipeline.usageRecords()).toHaveLength(2)
})
