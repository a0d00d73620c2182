import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findExcessGrant } from '../../../src/admin/keys/key-rules.ts'
import { authorizeOperation, authorizeOrigin, mayUseModel } from '../../../src/pipeline/access/authorize.ts'
import type { FoundKey, Grants } from '../../../src/storage/key-store.ts'
import { toKey, toSecret } from '../../storage/contract/key-store.ts'

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), minLength: 1, maxLength: 5 })
const operation = fc.constantFrom('chat.completions', 'chat.*', '*', 'embeddings', 'images.*', 'passthrough', 'pass*')
const origin = fc.constantFrom('https://a.example', 'https://b.example', 'http://localhost:3000')
const ipRange = fc.constantFrom(
  ...['0.0.0.0/0', '0.0.0.0/15', '0.0.0.0/16', '0.1.0.0/16', '0.2.0.0/15'],
  ...['0.1.0.0/31', '0.1.0.2/31', '0.1.0.3', '::/0', '2001:db8::/32'],
)

const list = (entry: fc.Arbitrary<string>) => fc.option(fc.array(entry, { maxLength: 4 }), { nil: undefined })
const grants: fc.Arbitrary<Grants> = fc.record({
  models: list(pattern),
  operations: list(operation),
  origins: list(origin),
  ipRanges: list(ipRange),
})

const requests = fc.record({
  model: fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 }),
  operation: fc.constantFrom('chat.completions', 'embeddings', 'images.edits', 'passthrough'),
  origin,
  address: fc.tuple(fc.nat(3), fc.nat(3)).map(([high, low]) => `0.${high}.0.${low}`),
})

type Request = typeof requests extends fc.Arbitrary<infer Value> ? Value : never

/** Returns for each list of grants whether it allows the request. */
function allowedOf(chain: readonly Grants[], request: Request): Readonly<Record<keyof Grants, boolean>> {
  const found = toFound(chain)
  const withoutRanges = toFound(chain.map((own) => ({ ...own, ipRanges: undefined })))
  return {
    models: mayUseModel(found, request.model, undefined),
    operations: passes(() => authorizeOperation(found, request.operation)),
    origins: passes(() => authorizeOrigin(withoutRanges, request)),
    ipRanges: passes(() => authorizeOrigin(found, { origin: undefined, address: request.address })),
  }
}

function toFound(chain: readonly Grants[]): FoundKey {
  const [key = toKey('k0'), ...ancestors] = chain.map((own, index) => toKey(`k${index}`, { grants: own }))
  return { key, ancestors, secret: toSecret('h') }
}

function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

const lists = ['models', 'operations', 'origins', 'ipRanges'] as const

it('S35 a key whose lists are within its creator’s may do nothing that its creator may not', () => {
  let checked = 0
  fc.assert(
    fc.property(grants, grants, requests, (inner, outer, request) => {
      const [own, creators] = [allowedOf([inner], request), allowedOf([outer], request)]
      for (const name of lists) {
        // A list that is left out is inherited from the creator.
        const isWithin = findExcessGrant({ [name]: inner[name] }, outer, '') === undefined
        if (inner[name] === undefined || !isWithin || !own[name]) continue
        checked += 1
        expect(creators[name], name).toBe(true)
      }
    }),
    { numRuns: 5_000 },
  )
  expect(checked).toBeGreaterThan(1_000)
})

it('S35 a key in use may do only what all its ancestors may do, whatever was checked at its creation', () => {
  fc.assert(
    fc.property(fc.array(grants, { minLength: 1, maxLength: 4 }), requests, (chain, request) => {
      const allowed = allowedOf(chain, request)
      const each = chain.map((own) => allowedOf([own], request))
      for (const name of lists) expect(allowed[name], name).toBe(each.every((single) => single[name]))
    }),
    { numRuns: 2_000 },
  )
})

it('S35 finds the entry that allows more, and names its key', () => {
  const none: Grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }
  const find = (inner: Partial<Grants>, outer: Partial<Grants>) =>
    findExcessGrant(inner, { ...none, ...outer }, 'of k1')
  expect(find({ models: ['gpt-4o', 'gpt-*'] }, { models: ['gpt-4*'] })).toEqual({
    path: 'models[1]',
    message: 'allows more than `models` of k1',
  })
  expect(find({ models: ['gpt-4*-mini'] }, { models: ['gpt-4*'] })).toBeUndefined()
  expect(find({ models: undefined }, { models: ['gpt-4*'] })).toBeUndefined()
  expect(find({ models: ['*'] }, {})).toBeUndefined()
  expect(find({ operations: ['*'] }, { operations: ['chat.*', 'embeddings'] })?.path).toBe('operations[0]')
  expect(find({ origins: ['https://a.example'] }, { origins: ['https://b.example'] })?.path).toBe('origins[0]')
  expect(find({ ipRanges: ['10.0.0.0/8'] }, { ipRanges: ['10.0.0.0/9'] })?.path).toBe('ip_ranges[0]')
  expect(find({ ipRanges: ['10.1.0.0/16', '::1'] }, { ipRanges: ['10.0.0.0/8', '::/0'] })).toBeUndefined()
})

it('the key and all its ancestors must name the passthrough operation', () => {
  const none: Grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }
  const named = { ...none, operations: ['passthrough'] }
  for (const above of [none, { ...none, operations: ['*'] }]) {
    expect(findExcessGrant(named, above, '')?.path).toBe('operations[0]')
    expect(passes(() => authorizeOperation(toFound([named, above]), 'passthrough'))).toBe(false)
    expect(passes(() => authorizeOperation(toFound([above]), 'passthrough'))).toBe(false)
  }
  expect(findExcessGrant(named, named, '')).toBeUndefined()
  expect(passes(() => authorizeOperation(toFound([named, named]), 'passthrough'))).toBe(true)
  expect(passes(() => authorizeOperation(undefined, 'passthrough'))).toBe(true)
})
