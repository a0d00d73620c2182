import { expect, test } from 'vitest'
import { formatIpRange } from '../../src/core/ip-address.ts'
import { parse, problemsOf } from './parse.ts'

const rangesOf = (input: Parameters<typeof parse>[0]) => parse(input).access.trustedProxies.map(formatIpRange)

test('S46 trusts no proxy by default', () => {
  expect(rangesOf({})).toEqual([])
})

test('S46 reads addresses and ranges of proxies', () => {
  const names = ['10.0.0.0/8', '::ffff:192.0.2.1', '2001:DB8::/32']
  const ranges = ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']
  expect(rangesOf({ config: { access: { trusted_proxies: names } } })).toEqual(ranges)
  expect(rangesOf({ env: { TRUSTED_PROXIES: names.join(', ') } })).toEqual(ranges)
})

test.each([
  ['proxy.example', /must be an IP address or a CIDR range/],
  ['10.0.0.0/33', /must be an IP address or a CIDR range/],
  ['10.0.0.1/8', /has bits set after its prefix\. Write 10\.0\.0\.0\/8/],
  ['*', /must be an IP address or a CIDR range/],
])('S46 refuses the proxy %s', (name, message) => {
  const problems = problemsOf({ config: { access: { trusted_proxies: [name] } } })
  expect(problems).toEqual([expect.stringMatching(/^access\.trusted_proxies\[0\]: /)])
  expect(problems[0]).toMatch(message)
})
