import { expect, test } from 'vitest'
import { operations } from '../../../src/dialects/operations.ts'
import type { Attempt } from '../../../src/pipeline/call/attempt.ts'
import type { Call, Caller, CallRequest } from '../../../src/pipeline/call/call.ts'
import type { Ports } from '../../../src/pipeline/call/ports.ts'
import { noteKeptResponse } from '../../../src/pipeline/responses/kept-responses.ts'
import { nodeSecrets } from '../../../src/platform/node/node-secrets.ts'

test('a call neither waits for the owner of its response to be stored nor fails without it', async () => {
  const deferred: Promise<unknown>[] = []
  const noted: unknown[] = []
  const stored = Promise.withResolvers<void>()
  const call = {
    operation: operations.responses,
    credentials: {},
    trace: { add: (fields: unknown) => noted.push(fields) },
    defer: (work: Promise<unknown>) => deferred.push(work),
  } as unknown as Call
  const ports = {
    storage: { responses: { put: () => stored.promise } },
    secrets: nodeSecrets,
    clock: { now: () => 0 },
  } as unknown as Ports
  const attempt = { responseId: 'resp_1', provider: 'openai' } as Attempt
  const request = { body: { kind: 'json', text: '{}', object: {} } } as unknown as CallRequest
  noteKeptResponse(attempt, call, { owner: 'key:ada' } as Caller, request, ports)
  expect(deferred).toHaveLength(1)
  stored.reject(new Error('the disk is full'))
  await deferred[0]
  expect(noted).toEqual([{ cause: expect.stringContaining('was not stored') }])
})
