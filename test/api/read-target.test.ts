import { expect, test } from 'vitest'
import { operations } from '../../src/dialects/operations.ts'
import { readTarget } from '../../src/http/read-target.ts'

test.each(Object.values(operations).map(({ path }) => path))('S39 reads /v1%s like its other spellings', (path) => {
  const plain = { path: `/v1${path}`, apiPath: path, isVersioned: true, query: '' }
  const spellings = [`/v1${path}`, `/v1${path}/`, `/v1/${path}`, `v1${path}`, `http://weir.test/v1${path}`]
  for (const target of spellings) expect(readTarget(target, 'weir.test')).toEqual(plain)
  expect(readTarget(`/v1${path}?`, undefined)).toEqual({ ...plain, query: '?' })
  expect(readTarget(`/v1/v1${path}`, undefined)).toMatchObject({ apiPath: path, isVersioned: true })
})
