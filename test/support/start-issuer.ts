import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { dropConnections } from './closed-address.ts'

const client = { id: 'page', secret: 'a-secret-of-the-page' }

/** A real OpenID provider on loopback, whose access tokens are JWTs for the audience `weir`. */
export interface Issuer {
  readonly issuer: string
  /** Paths of the requests that it received. */
  readonly requests: string[]
  /** Returns an access token of its client, whose `sub` is `page`. */
  fetchToken(): Promise<string>
  /** Replaces its signing key. The old one is withdrawn unless `keepsOld`. */
  rotate(keepsOld?: boolean): Promise<void>
  /** Accepts no request until `start`. */
  stop(): void
  start(): void
  close(): Promise<void>
}

export async function startIssuer(algorithm = 'RS256'): Promise<Issuer> {
  const requests: string[] = []
  let keys = [await createKey(algorithm)]
  let handle = (await openProvider('http://127.0.0.1', keys, algorithm)).callback()
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    handle(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let goOn = () => {}
  const open = async () => {
    handle = (await openProvider(issuer, keys, algorithm)).callback()
  }
  await open()
  return {
    issuer,
    requests,
    async fetchToken() {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'chat' }),
      })
      const body = (await response.json()) as { readonly access_token?: string }
      if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`)
      return body.access_token
    },
    async rotate(keepsOld = true) {
      keys = [await createKey(algorithm), ...(keepsOld ? keys : [])]
      await open()
    },
    stop() {
      goOn = dropConnections(server)
    },
    start: () => goOn(),
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

async function createKey(algorithm: string): Promise<object> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: crypto.randomUUID() }
}

async function openProvider(issuer: string, keys: readonly object[], algorithm: string): Promise<Provider> {
  return new Provider(issuer, {
    jwks: { keys },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: algorithm,
      },
    ],
    adapter: ForgetfulAdapter,
    ttl: { ClientCredentials: 600 },
    scopes: ['chat'],
    cookies: { keys: ['a-key-of-the-tests'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'https://weir.example.com',
        getResourceServerInfo: () => ({
          scope: 'chat',
          audience: 'weir',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  })
}

/** Stores nothing, because its access tokens are JWTs; without an adapter the provider warns on the console. */
class ForgetfulAdapter {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}
