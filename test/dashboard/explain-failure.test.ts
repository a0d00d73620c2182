import { describe, expect, it, test } from 'vitest'
import { RequestFailure } from '../../dashboard/src/gateway/request-failure.ts'
import { explainFailure } from '../../dashboard/src/shared/explain-failure.ts'
import { strings } from '../../dashboard/src/strings.ts'
import { errorTable } from '../../src/core/errors.ts'

const { en, zh } = strings

/** Codes of requests that the page never sends: admin API, GraphQL, sessions, forms, idempotency, keys in a query. */
const neverReceived = new Set([
  'invalid_form',
  'credential_in_url',
  'query_too_complex',
  'invalid_admin_secret',
  'invalid_session',
  'login_failed',
  'https_required',
  'issuer_unavailable',
  'last_owner',
  'person_not_found',
  'admin_not_configured',
  'session_not_found',
  'key_not_found',
  'generation_not_found',
  'record_not_found',
  'idempotency_in_progress',
  'idempotency_unknown',
  'idempotency_mismatch',
])

const refusal = (code: string | undefined, message = 'The key has 60 requests a minute.') =>
  new RequestFailure('refused', message, { status: 429, code })

describe('in Chinese', () => {
  test.each(Object.keys(errorTable).filter((code) => !neverReceived.has(code)))(
    'explains `%s` in Chinese and keeps the message of the server as a detail',
    (code) => {
      const { summary, detail } = explainFailure(refusal(code), zh.failure)
      expect(summary).toMatch(/^.*\p{Script=Han}.*。$/u)
      expect(detail).toBe('The key has 60 requests a minute.')
    },
  )

  it.each([undefined, 'a_code_of_the_provider', 'constructor', 'toString', '__proto__'])(
    'shows the message of the server for the code %j, which has no sentence',
    (code) => {
      expect(explainFailure(refusal(code), zh.failure)).toEqual({ summary: 'The key has 60 requests a minute.' })
    },
  )

  it('shows no empty detail', () => {
    expect(explainFailure(refusal('draining', ''), zh.failure)).toEqual({ summary: zh.failure.codes.draining })
  })
})

it('shows the message of the server alone in English', () => {
  for (const code of Object.keys(errorTable))
    expect(explainFailure(refusal(code), en.failure)).toEqual({ summary: 'The key has 60 requests a minute.' })
})

it.each(['interrupted', 'unreachable', 'unreadable'] as const)(
  'explains a call that ended `%s` in both languages',
  (reason) => {
    for (const { failure } of [en, zh])
      expect(explainFailure(new RequestFailure(reason), failure)).toEqual({ summary: failure[reason] })
  },
)
