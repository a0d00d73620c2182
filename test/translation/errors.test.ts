import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { samplesOf } from '../../scripts/dialects/classify-fields.ts'
import {
  describeError,
  type ErrorOutcomes,
  toErrorKey,
  translateErrors,
} from '../../scripts/dialects/translate-errors.ts'
import { readErrorFacts } from '../../src/translation/read-error-facts.ts'
import { errorSamples } from './samples/error-samples.ts'

const known: ErrorOutcomes = JSON.parse(readFileSync(new URL('./outcomes/errors.json', import.meta.url), 'utf8'))
const errors = [...errorSamples.keys()].flatMap((from) =>
  translateErrors(from).map(({ own, seen }) => ({ from: samplesOf(from).name, key: toErrorKey(from, own), seen })),
)

test('the errors of every dialect are those whose outcome is known', () => {
  expect(errors.map(({ key }) => key)).toEqual(Object.keys(known))
})

describe.each(errors)('The error $key', ({ key, seen }) => {
  test.each(
    Object.entries(known[key] ?? {}).map(([client, error]) => ({ client, shown: describeError(error), error })),
  )('reaches a client of $client as $shown', ({ client, error }) => {
    expect(seen[client]).toEqual(error)
  })
})

test.each([
  ['context_length_exceeded', 400, 'invalid_request_error'],
  ['invalid_image_url', 400, 'invalid_request_error'],
  ['bio_policy', 400, 'invalid_request_error'],
  ['rate_limit_exceeded', 429, 'rate_limit_error'],
  ['server_is_overloaded', 503, 'server_error'],
  ['vector_store_timeout', 504, 'server_error'],
  ['server_error', 502, 'server_error'],
  ['unheard_of', 502, 'server_error'],
])('an error that has only the code %s has the status %d', (code, status, type) => {
  const response = { status: 'failed', error: { code, message: 'Why.' } }
  expect(readErrorFacts({ response }, undefined)).toMatchObject({ status, type, code })
})

test('an error that only says that the prompt is too long is one of the request', () => {
  const error = { message: 'This model’s maximum context length is 8192 tokens.' }
  expect(readErrorFacts({ error }, undefined)).toMatchObject({ status: 400, code: 'context_length_exceeded' })
})
