import { type AuditResult, auditServer } from 'graphql-http'
import { describe, expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'

/** These four audits use introspection, which is off in production. */
const byIntrospection = ['2EA1', '28B9', 'D6D5', '6A70']

describe('GraphQL over HTTP on a laptop', () => {
  test('passes every audit of the specification’s own suite: MUST, SHOULD and MAY', async () => {
    const gateway = await startNodeGateway({ env: { DEMO: 'true' } })
    try {
      const results = await auditServer({ url: `${gateway.url}/graphql` })
      expect(results.length).toBeGreaterThan(50)
      expect(results.filter(({ status }) => status !== 'ok').map(describeResult)).toEqual([])
    } finally {
      await gateway.close()
    }
  })
})

describeOnBoth('GraphQL over HTTP in production', (start) => {
  test('passes the same audits, except those that use introspection', async () => {
    const gateway = await start({ env: { DEMO: 'true', TOKEN: gatewayToken } })
    const results = await auditServer({ url: `${gateway.url}/graphql`, fetchFn: fetchWithToken })
    const failed = results.filter(({ status, id }) => status !== 'ok' && !byIntrospection.includes(id))
    expect(failed.map(describeResult)).toEqual([])
  })
})

function describeResult({ id, name }: AuditResult): string {
  return `${id} ${name}`
}

function fetchWithToken(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${gatewayToken}` } })
}
