import { hash } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { parseSettings } from '../src/config/parse-settings.ts'
import { createClientTokens } from '../src/pipeline/access/client-tokens.ts'
import { checkByWebCrypto } from '../src/pipeline/access/logins/check-signature.ts'
import { createLogins } from '../src/pipeline/access/logins/create-logins.ts'
import { checkByOpenssl } from '../src/platform/node/check-signature.ts'
import { nodeClock } from '../src/platform/node/node-clock.ts'
import { nodeSecrets } from '../src/platform/node/node-secrets.ts'
import { toPercentiles } from './load/to-percentiles.ts'

/** Measures the verification of client tokens and of logins, new and seen before: `node bench/user-tokens.ts`. */
const issuer = 'https://issuer.example.com'
const tokenCount = 2_000
const batch = 50

async function main(): Promise<void> {
  console.log(`Node ${process.versions.node}, medians and 99th percentiles of batches of ${batch}, microseconds`)
  await measureClientTokens()
  await measureLogins()
}

async function measureClientTokens(): Promise<void> {
  const clientTokens = createClientTokens(['a-secret-that-signs-the-tokens-of-the-benchmark'], nodeSecrets)
  const issuedAt = nodeClock.now()
  const tokens = Array.from({ length: tokenCount }, (_empty, index) =>
    clientTokens.sign({
      ...{ id: `ct_${String(index).padStart(32, '0')}`, keyId: 'key_01a22a0b1906813b00152ea21317', proof: undefined },
      ...{ issuedAt, expiresAt: issuedAt + 600_000, endUser: `user_${index}`, sessionId: undefined },
      ...{ models: ['gpt-4*'], operations: ['chat.completions'], origins: ['https://chat.example.com'] },
      limits: {
        rates: [{ unit: 'requests', window: 'day', limit: 20 }],
        budgets: [{ per: 'total', limitNano: 1_000_000_000, timeZone: 'UTC' }],
        ...{ concurrentCalls: undefined, concurrentStreams: undefined, callNano: undefined },
      },
      ...{ tags: ['plan:free'], keyThumbprint: undefined },
    }),
  )
  print('client token new', await measure(tokens, clientTokens.verify))
  print('client token seen before', await measure(tokens.map(copy), clientTokens.verify))
}

async function measureLogins(): Promise<void> {
  for (const algorithm of ['RS256', 'ES256', 'EdDSA'])
    for (const [name, checkSignature] of [
      ['node:crypto', checkByOpenssl],
      ['WebCrypto', checkByWebCrypto],
    ] as const) {
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
      const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', use: 'sig' }
      const config = {
        logins: {
          app: {
            issuer,
            claims: { azp: ['https://chat.example.com'] },
            algorithms: [algorithm],
            per_user: { budgets: [{ usd: 1, per: 'day' }] },
          },
        },
      }
      const { logins: settings } = parseSettings({ env: {}, platform: 'node', config })
      const logins = createLogins(settings, {
        fetchJson: async ({ pathname }) =>
          pathname.startsWith('/keys') ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` },
        checkSignature,
        clock: nodeClock,
        secrets: { digest: (data) => Buffer.from(hash('sha256', data, 'binary'), 'latin1') },
      })
      const tokens = await Promise.all(
        Array.from({ length: tokenCount }, (_empty, index) =>
          new SignJWT({ azp: 'https://chat.example.com', sid: `sess_${index}`, email: 'ann@example.com', fva: [9, -1] })
            .setProtectedHeader({ alg: algorithm, kid: 'key-1', typ: 'JWT' })
            .setIssuer(issuer)
            .setSubject(`user_${index}`)
            .setIssuedAt()
            .setExpirationTime('1h')
            .sign(privateKey),
        ),
      )
      const verify = (token: string) => logins.verify(token, 'authorization')
      await verify(tokens[0] ?? '')
      print(`${algorithm} new, ${name}`, await measure(tokens, verify))
      print(`${algorithm} seen before`, await measure(tokens.map(copy), verify))
    }
}

/** Returns the token as from a socket: V8 must hash it again. */
function copy(token: string): string {
  return Buffer.from(token).toString('latin1')
}

async function measure(tokens: readonly string[], verify: (token: string) => unknown): Promise<readonly number[]> {
  const us: number[] = []
  for (let at = 0; at < tokens.length; at += batch) {
    const part = tokens.slice(at, at + batch)
    const startedAt = performance.now()
    for (const token of part) {
      const result = verify(token)
      if (result instanceof Promise) await result
    }
    us.push(((performance.now() - startedAt) * 1_000) / part.length)
  }
  // The first half warms up.
  return us.slice(us.length / 2)
}

function print(title: string, us: readonly number[]): void {
  const { p50, p99 } = toPercentiles(us)
  console.log(`${p50.toFixed(p50 < 10 ? 2 : 0).padStart(8)} ${p99.toFixed(p99 < 10 ? 2 : 0).padStart(8)}  ${title}`)
}

await main()
