import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Role } from '../../../src/storage/people-store.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import { type AdminResponse, type AdminSurroundings, type OpenAdmin, openAdmin } from '../open-admin.ts'

type Headers = Readonly<Record<string, string>>

export interface OpenPeople extends OpenAdmin {
  /** Adds a person with the admin secret and returns its id. */
  addPerson(role: Role, fields?: object): Promise<string>
  /** Signs a person in, past the OpenID provider, and returns the headers of a page of this server. */
  signIn(personId: string): Promise<Headers>
  /** Adds a person and signs it in. */
  enter(role: Role, fields?: object): Promise<{ readonly id: string; readonly as: Headers }>
  /** Signs in with the admin secret and returns the headers of a page of this server. */
  enterWithSecret(): Promise<Headers>
}

/** Starts a gateway whose people can sign in. */
export async function openPeople(surroundings: AdminSurroundings, options: GatewayOptions = {}): Promise<OpenPeople> {
  const opened = await openAdmin(surroundings, options)
  const { gateway, call } = opened
  let count = 0
  const addPerson: OpenPeople['addPerson'] = async (role, fields = {}) => {
    const response = await call('POST /people', { name: `${role} ${++count}`, role, ...fields })
    expect(response.status, response.text).toBe(201)
    return String(response.body.id)
  }
  const signIn: OpenPeople['signIn'] = async (personId) => {
    const id = randomBytes(32).toString('hex')
    const hash = createHash('sha256').update(id).digest('hex')
    const now = Date.now()
    const columns = 'hash, person_id, created_at, used_at, expires_at'
    await gateway.sql(
      `INSERT INTO admin_sessions (${columns}) VALUES (?, ?, ?, ?, ?)`,
      hash,
      personId,
      now,
      now,
      now + 3_600_000,
    )
    return toPageHeaders(gateway.url, `weir-session=${id}`)
  }
  return {
    ...opened,
    addPerson,
    signIn,
    async enter(role, fields) {
      const id = await addPerson(role, fields)
      return { id, as: await signIn(id) }
    },
    async enterWithSecret() {
      return toPageHeaders(gateway.url, toCookie(await call('POST /session')))
    },
  }
}

/** The headers of a request from a page of this server, without the admin secret. */
export function toPageHeaders(origin: string, cookie: string): Headers {
  return { authorization: '', cookie, origin, 'x-weir-request': '1' }
}

/** Returns the cookie of a sign-in for `Cookie`. */
export function toCookie({ headers }: Pick<AdminResponse, 'headers'>): string {
  const [cookie = ''] = headers.getSetCookie()
  return cookie.split(';', 1)[0] ?? ''
}
