import { expect, it } from 'vitest'
import {
  contains,
  fixIpRange,
  formatIpAddress,
  formatIpRange,
  isInRanges,
  parseIpAddress,
  parseIpRange,
  requireIpRange,
} from '../../src/core/ip-address.ts'

const canonical = (text: string) => {
  const address = parseIpAddress(text)
  return address && formatIpAddress(address)
}

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:cb00:7109', '203.0.113.9'],
  ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8::0:1', '2001:db8::1'],
  ['2001:0db8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['1::', '1::'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('S46 parses %s as %s', (text, expected) => {
  expect(canonical(text)).toBe(expected)
})

it.each([
  ...[
    '',
    ' ',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x7f.1',
    '2130706433',
    '１.2.3.4',
  ],
  ...['1:2:3', ':::', '1::2::3', '12345::', 'g::', '1.2.3.4::', '::1.2.3', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8:9'],
  ...['203.0.113.9:80', '[::1]', '1.2.3.4/8', '::1/128'],
])('S46 rejects the address %j', (text) => {
  expect(parseIpAddress(text)).toBeUndefined()
})

it.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3'],
  ['10.1.2.3/32', '10.1.2.3'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['::/0', '::/0'],
  ['2001:DB8::/32', '2001:db8::/32'],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
])('formats the range %s as %s', (text, expected) => {
  expect(formatIpRange(requireIpRange(text))).toBe(expected)
})

it.each([
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '::/129',
  '::ffff:10.0.0.0/8',
  'fe80::1%eth0/64',
  '',
])('rejects the range %j', (text) => {
  expect(parseIpRange(text)).toBeUndefined()
  expect(() => requireIpRange(text)).toThrow('is not an IP address range')
  expect(fixIpRange(text)).toBeUndefined()
})

it('suggests the intended range if bits after the prefix are set', () => {
  expect(parseIpRange('10.1.2.3/8')).toBeUndefined()
  expect(fixIpRange('10.1.2.3/8')).toBe('10.0.0.0/8')
  expect(fixIpRange('2001:db8::5/33')).toBe('2001:db8::/33')
})

it.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['192.168.1.128/25', '192.168.1.127', false],
  ['192.168.1.128/25', '::ffff:192.168.1.200', true],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '203.0.113.9', false],
  ['::/0', '::ffff:203.0.113.9', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
])('S46 the range %s contains %s: %s', (outer, text, expected) => {
  expect(isInRanges(parseIpAddress(text) ?? [], [requireIpRange(outer)])).toBe(expected)
})

it('decides whether one range contains another', () => {
  expect(contains(requireIpRange('10.0.0.0/8'), requireIpRange('10.2.0.0/16'))).toBe(true)
  expect(contains(requireIpRange('10.2.0.0/16'), requireIpRange('10.0.0.0/8'))).toBe(false)
  expect(contains(requireIpRange('10.0.0.0/8'), requireIpRange('10.0.0.0/8'))).toBe(true)
  expect(contains(requireIpRange('::/0'), requireIpRange('10.0.0.0/8'))).toBe(false)
})
