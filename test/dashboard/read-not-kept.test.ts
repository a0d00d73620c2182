import { expect, it } from 'vitest'
import { readNotKept } from '../../dashboard/src/gateway/read-not-kept.ts'
import { strings } from '../../dashboard/src/strings.ts'

it.each([
  [null, undefined],
  ['', undefined],
  ['pictures', 'pictures'],
  ['records', 'records'],
  ['records, pictures', 'records'],
  ['sessions, keys', 'anything'],
  ['sessions, keys, records, pictures', 'anything'],
  ['something that a later server does not keep', undefined],
])('reads of %j that %s is not kept', (header, expected) => {
  expect(readNotKept(header)).toBe(expected)
})

it('names the command that adds the bucket, in each language', () => {
  for (const { notKept } of Object.values(strings)) expect(notKept.pictures).toContain('npm run deploy -- --r2')
})
