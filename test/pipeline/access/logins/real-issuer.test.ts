import { afterAll, expect, test } from 'vitest'
import type { Clock } from '../../../../src/core/clock.ts'
import { createLogins } from '../../../../src/pipeline/access/logins/create-logins.ts'
import { createJsonFetcher } from '../../../../src/pipeline/access/logins/fetch-json.ts'
import { checkByOpenssl } from '../../../../src/platform/node/check-signature.ts'
import { nodeClock } from '../../../../src/platform/node/node-clock.ts'
import { nodeSecrets } from '../../../../src/platform/node/node-secrets.ts'
import { createUndiciTransport } from '../../../../src/platform/node/upstream/undici-transport.ts'
import { parse } from '../../../config/parse.ts'
import { type Issuer, startIssuer } from '../../../support/start-issuer.ts'

const transport = createUndiciTransport()
const issuers: Issuer[] = []

afterAll(async () => {
  await Promise.all([transport.close(), ...issuers.map((issuer) => issuer.close())])
})

async function open(algorithm: string) {
  const issuer = await startIssuer(algorithm)
  issuers.push(issuer)
  let skippedMs = 0
  const clock: Clock = { ...nodeClock, monotonicMs: () => nodeClock.monotonicMs() + skippedMs }
  const { logins: settings } = parse({
    config: {
      logins: {
        page: {
          issuer: issuer.issuer,
          audience: ['weir'],
          per_user: { requests_per_day: 1_000 },
          algorithms: [algorithm],
        },
      },
    },
  })
  const logins = createLogins(settings, {
    fetchJson: createJsonFetcher(transport, nodeClock),
    clock,
    secrets: nodeSecrets,
    checkSignature: checkByOpenssl,
  })
  return {
    issuer,
    skip: (milliseconds: number) => {
      skippedMs += milliseconds
    },
    verify: async (token: string) => {
      try {
        return await logins.verify(token, 'authorization')
      } catch (error) {
        return error
      }
    },
  }
}

test.each(['RS256', 'ES256', 'PS256'])('a token of a certified issuer is accepted with %s', async (algorithm) => {
  const { issuer, verify } = await open(algorithm)
  expect(await verify(await issuer.fetchToken())).toMatchObject({ kind: 'verified', name: 'page', endUser: 'page' })
  expect(issuer.requests.filter((path) => path !== '/token')).toEqual(['/.well-known/openid-configuration', '/jwks'])
})

test('tokens of both keys are accepted while the issuer rotates, and those of a withdrawn key no longer', async () => {
  const { issuer, verify, skip } = await open('RS256')
  const old = await issuer.fetchToken()
  expect(await verify(old)).toMatchObject({ kind: 'verified' })
  await issuer.rotate()
  expect(await verify(await issuer.fetchToken())).toMatchObject({ kind: 'verified' })
  expect(await verify(old)).toMatchObject({ kind: 'verified' })
  await issuer.rotate(false)
  skip(10 * 60_000)
  expect(await verify(old)).toMatchObject({ kind: 'refused' })
  expect(await verify(await issuer.fetchToken())).toMatchObject({ kind: 'verified' })
})

test('while the issuer is down its users go on, strangers to this server wait, and all is well when it is back', async () => {
  const { issuer, verify, skip } = await open('RS256')
  const token = await issuer.fetchToken()
  const other = await issuer.fetchToken()
  issuer.stop()
  expect(await verify(token)).toMatchObject({ code: 'issuer_unavailable', status: 503 })
  issuer.start()
  skip(2_000)
  expect(await verify(token)).toMatchObject({ kind: 'verified' })
  issuer.stop()
  skip(60 * 60_000)
  expect(await verify(token)).toMatchObject({ kind: 'verified' })
  expect(await verify(other)).toMatchObject({ kind: 'verified' })
  issuer.start()
  skip(30_000)
  expect(await verify(await issuer.fetchToken())).toMatchObject({ kind: 'verified' })
})
