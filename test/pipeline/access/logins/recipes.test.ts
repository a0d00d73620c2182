import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import type { JsonObject } from '../../../../src/core/json.ts'
import { parse } from '../../../config/parse.ts'
import { createSigningKey, encode, openLogins, signToken } from './open-logins.ts'

/** A token as a product documents it, and changes of its claims that the recipe must refuse. */
interface Fixture {
  /** The page of the product, and the day on which it was read. */
  readonly page: string
  readonly read: string
  readonly header: { readonly alg: string; readonly kid: string; readonly typ: string }
  readonly claims: JsonObject
  readonly user: string
  readonly refused: readonly JsonObject[]
}

const secret = 'the-jwt-secret-of-an-older-project'
const env = { SUPABASE_JWT_SECRET: secret }
const folder = new URL('fixtures/', import.meta.url)
const documents = ['docs/logins.md', 'docs/logins.zh-CN.md'].map((path) =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8'),
)

function readRecipes(document: string): Readonly<Record<string, JsonObject>> {
  const blocks = [...document.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => parseYaml(yaml).logins)
  return Object.assign({}, ...blocks)
}

const [english = '', chinese = ''] = documents
const recipes = readRecipes(english)
const names = readdirSync(folder).map((file) => file.replace('.json', ''))
const readFixture = (name: string): Fixture => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))

test('the documents have the same recipes in both languages, one for each fixture', () => {
  expect(readRecipes(chinese)).toEqual(recipes)
  expect(Object.keys(recipes).sort()).toEqual(['app', ...names].sort())
})

test('every configuration of the documents is valid', () => {
  for (const [name, login] of Object.entries(recipes)) {
    const { logins } = parse({ env, config: { logins: { [name]: login } } })
    expect(logins.map((entry) => entry.name)).toEqual([name])
  }
})

describe.each(names)('the recipe of %s', (name) => {
  const { page, read, header, claims, user, refused } = readFixture(name)
  const login = parse({ env, config: { logins: { [name]: recipes[name] } } }).logins[0]

  async function open() {
    const key = await createSigningKey(header.kid, header.alg === 'HS256' ? 'RS256' : header.alg)
    const config = { [name]: { ...recipes[name], ...(header.alg === 'HS256' && { secret }) } }
    const opened = openLogins({ config, keys: [key] })
    opened.discovery = { issuer: login?.issuer, jwks_uri: 'https://issuer.example.com/keys' }
    const sign = (changed: JsonObject) => {
      const all = Object.fromEntries(Object.entries({ ...claims, ...changed }).filter(([, value]) => value !== null))
      if (header.alg !== 'HS256') return signToken(key, { aud: undefined, ...all }, header)
      const text = `${encode(header)}.${encode(all)}`
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
    }
    return async (changed: JsonObject) => opened.verify(await sign(changed), login?.header)
  }

  test('accepts a token as the product documents it', async () => {
    const verify = await open()
    expect(await verify({})).toMatchObject({ kind: 'verified', name, endUser: user })
  })

  test.each(refused)('refuses the token of another app: %o', async (changed) => {
    const verify = await open()
    expect(await verify(changed)).toMatchObject({ code: 'token_not_for_this_server' })
  })

  test('cites the page of the product, with the day on which it was read', () => {
    for (const document of documents) {
      expect(document).toContain(page)
      expect(document).toContain(read)
    }
  })
})
