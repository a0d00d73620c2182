import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { dropConnections } from '../../support/closed-address.ts'

/** The claims of an account at the provider. */
export interface Account {
  readonly email?: string
  readonly email_verified?: boolean
}

/** A real OpenID provider on loopback, at which everybody is signed in as `account` at once. */
export interface TestProvider {
  readonly issuer: string
  /** Paths of the requests that it received. */
  readonly requests: string[]
  /** Accounts by `sub`. */
  readonly accounts: Map<string, Account>
  /** The `sub` of the account that signs in next. */
  account: string
  /** Follows an authorization request as a browser does, and returns the URL to which the provider sends it back. */
  authorize(url: string): Promise<URL>
  /** Accepts no further request. */
  stop(): void
  close(): Promise<void>
}

export interface ProviderOptions {
  readonly redirectUri: string
  /** Puts the e-mail address into the userinfo only, as the specification prefers. */
  readonly usesUserinfo?: boolean
  readonly authMethod?: 'client_secret_basic' | 'client_secret_post' | 'none'
}

export const loginClient = { id: 'weir admin', secret: 'a-secret:of+the/tests%&=' }

export async function startProvider({
  redirectUri,
  usesUserinfo = false,
  authMethod = 'client_secret_basic',
}: ProviderOptions): Promise<TestProvider> {
  const requests: string[] = []
  const accounts = new Map<string, Account>()
  const stored = createAdapter()
  let provider: InteractiveProvider | undefined
  let handle: ReturnType<Provider['callback']> | undefined
  const state = { account: '' }

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (request.url?.startsWith('/interaction/'))
      void provider?.interactionFinished(request, response, { login: { accountId: state.account } })
    else handle?.(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: crypto.randomUUID() }
  provider = new Provider(issuer, {
    jwks: { keys: [key] },
    adapter: stored,
    clients: [
      {
        client_id: loginClient.id,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: authMethod,
        ...(authMethod !== 'none' && { client_secret: loginClient.secret }),
      },
    ],
    clientAuthMethods: [authMethod],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: usesUserinfo,
    cookies: { keys: ['a-key-of-the-tests'] },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...accounts.get(sub) }),
    }),
    async loadExistingGrant({ oidc }: GrantContext) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  }) as InteractiveProvider
  handle = provider.callback()

  return {
    issuer,
    requests,
    accounts,
    get account() {
      return state.account
    },
    set account(sub) {
      state.account = sub
    },
    async authorize(url) {
      const jar = new Map<string, string>()
      let next = url
      for (let steps = 0; steps < 10 && !next.startsWith(redirectUri); steps += 1) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const response = await fetch(next, { redirect: 'manual', headers: { cookie } })
        for (const set of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
          jar.set(name, value)
        }
        const location = response.headers.get('location')
        if (location === null) throw new Error(`no redirect from ${next}: ${await response.text()}`)
        next = new URL(location, next).href
      }
      return new URL(next)
    },
    stop: () => void dropConnections(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface InteractiveProvider extends Provider {
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
}

interface GrantContext {
  readonly oidc: {
    readonly provider: {
      readonly Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> }
    }
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

/** Stores everything in memory. The provider's own store warns on the console. */
function createAdapter() {
  const items = new Map<string, Record<string, unknown>>()
  return class {
    readonly #name: string
    constructor(name: string) {
      this.#name = name
    }
    async upsert(id: string, payload: Record<string, unknown>) {
      items.set(`${this.#name}:${id}`, payload)
    }
    async find(id: string) {
      return items.get(`${this.#name}:${id}`)
    }
    async findByUid(uid: string) {
      return [...items.values()].find((item) => item.uid === uid && item.kind === this.#name)
    }
    async findByUserCode() {
      return undefined
    }
    async consume(id: string) {
      const item = items.get(`${this.#name}:${id}`)
      if (item !== undefined) item.consumed = Math.floor(Date.now() / 1_000)
    }
    async destroy(id: string) {
      items.delete(`${this.#name}:${id}`)
    }
    async revokeByGrantId(grantId: string) {
      for (const [key, item] of items) if (item.grantId === grantId) items.delete(key)
    }
  }
}
