import { describe, expect, test } from 'vitest'
import { Buffers } from '../../../src/core/buffers.ts'
import { operations } from '../../../src/dialects/operations.ts'
import type { Call } from '../../../src/pipeline/call/call.ts'
import { toCallRequest } from '../../../src/pipeline/call/read-request.ts'
import { handleCall } from '../../../src/pipeline/handle-call.ts'
import { chatCompletion, response } from '../../support/fixtures.ts'
import { createGate, type Gate } from '../../support/gate.ts'
import { after, json } from '../../support/upstream-scripts.ts'
import { openPipeline } from '../open-pipeline.ts'

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }
const routes = { m: { targets: [{ model: 'first/m' }], shadow: { model: 'second/m' } } }

/** Answers once the gate opens. */
const held = (gate: Gate) => after(gate, json(200, chatCompletion))

async function openShadowed(firstFields: object = {}) {
  const pipeline = await openPipeline({ routes }, firstFields)
  pipeline.first.respond(json(200, chatCompletion))
  pipeline.second.respond(json(200, chatCompletion))
  return pipeline
}

describe('the copy of a call', () => {
  test('does not delay the response', async () => {
    const pipeline = await openShadowed()
    const gate = createGate()
    pipeline.second.respond(held(gate))
    const { status } = await handleCall(pipeline.toCall(chat).call, pipeline.ports)
    expect(status).toBe(200)
    await pipeline.second.nextRequest()
    gate.open()
    expect(await pipeline.usageRecords()).toMatchObject([
      { key_id: 'token', outcome: 'ok' },
      { key_id: 'operator', outcome: 'ok', tag_1: 'operator:shadow', end_user: '' },
    ])
  })

  test('goes on when the caller has left', async () => {
    const pipeline = await openShadowed()
    const { call, gone } = pipeline.toCall(chat)
    await handleCall(call, pipeline.ports)
    gone.abort(undefined)
    const records = await pipeline.usageRecords()
    expect(records.map((record) => [record.key_id, record.outcome])).toEqual([
      ['token', 'ok'],
      ['operator', 'ok'],
    ])
  })

  test('is not in the session of its call, nor in its log', async () => {
    const pipeline = await openShadowed()
    const owner = 'key:test'
    await pipeline.ports.storage?.sessions.create(owner, { id: 's1', now: Date.now() })
    const { call } = pipeline.toCall(chat, { sessionId: 's1' })
    call.trace.finish('ok', { status: (await handleCall(call, pipeline.ports)).status })
    await pipeline.drained()
    const messages = await pipeline.ports.storage?.sessions.messages(owner, 's1', { limit: 10 })
    expect(messages).toMatchObject([{ role: 'user' }, { role: 'assistant' }])
    expect(pipeline.records[0]).toMatchObject({ keyId: 'token', attempts: [{ provider: 'first' }] })
  })

  test('is left out while sixteen others run', async () => {
    const pipeline = await openShadowed()
    const gate = createGate()
    pipeline.second.respond(held(gate))
    const send = () => handleCall(pipeline.toCall(chat).call, pipeline.ports)
    for (let calls = 0; calls < 18; calls++) await send()
    gate.open()
    await pipeline.drained()
    expect(pipeline.second.requests).toHaveLength(16)
    await send()
    await pipeline.drained()
    expect(pipeline.second.requests).toHaveLength(17)
  })

  test('is left out if the memory for requests has no room for it', async () => {
    const pipeline = await openShadowed()
    const ports = { ...pipeline.ports, buffers: new Buffers(4_000_000) }
    const long = { ...chat, messages: [{ role: 'user', content: 'x'.repeat(1_200_000) }] }
    await handleCall(pipeline.toCall(long).call, ports)
    await pipeline.drained()
    expect(pipeline.first.requests).toHaveLength(1)
    expect(pipeline.second.requests).toEqual([])
    expect(ports.buffers.heldBytes).toBe(0)
  })

  test('is never sent of a call that its caller’s own account pays', async () => {
    const pipeline = await openShadowed({ caller_credentials: 'pass' })
    const providerHeaders = { authorization: 'Bearer the-callers-own-login' }
    const { call } = pipeline.toCall(chat)
    const credentials: Call['credentials'] = { ...call.credentials, providerHeaders }
    await handleCall({ ...call, credentials }, pipeline.ports)
    await pipeline.drained()
    expect(pipeline.first.requests).toHaveLength(1)
    expect(pipeline.second.requests).toEqual([])
  })

  test('is sent of a response, but not of one in the background or one that continues another', async () => {
    const pipeline = await openPipeline({ routes })
    pipeline.first.respond(json(200, response))
    pipeline.second.respond(json(200, response))
    const send = async (fields: object) => {
      const object = { model: 'm', input: 'Hello!', ...fields }
      const request = toCallRequest({ text: JSON.stringify(object), object }, operations.responses)
      const { call } = pipeline.toCall(chat, { operation: operations.responses, body: { kind: 'read', request } })
      const { status } = await handleCall(call, pipeline.ports)
      await pipeline.drained()
      return [status, pipeline.second.requests.length]
    }
    expect(await send({})).toEqual([200, 1])
    expect(await send({ background: true })).toEqual([200, 1])
    expect(await send({ previous_response_id: response.id })).toEqual([200, 1])
  })
})
