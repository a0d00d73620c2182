import { expect, test } from 'vitest'
import {
  isLoopbackAddress,
  isLoopbackAuthority,
  isLoopbackBind,
  isLoopbackHost,
  isLoopbackOrigin,
} from '../../src/core/loopback.ts'

const names = [
  'localhost',
  'LocalHost',
  'localhost.',
  'app.localhost',
  'a.b.localhost',
  '127.0.0.1',
  '127.1.2.3',
  '[::1]',
]

const remoteNames = [
  '',
  '.',
  '.localhost',
  'localhost.evil.example',
  'evil-localhost',
  'localhost..',
  'app..localhost',
  'evil.example/.localhost',
  'localhost@evil.example',
  'localhost evil.example',
  '127.0.0.1.nip.io',
  '1127.0.0.1',
  '127.0.0',
  '0.0.0.0',
  '10.0.0.1',
  '::',
  '[::]',
  '::2',
  '[::1',
  '[127.0.0.1]',
  '[localhost]',
  '::1:8787',
]

test.each(names)('%s is this machine: as a host, with a port, and as an origin', (name) => {
  expect(isLoopbackHost(name)).toBe(true)
  for (const authority of [name, `${name}:8787`, `${name}:1`]) {
    expect(isLoopbackAuthority(authority), authority).toBe(true)
    expect(isLoopbackOrigin(`http://${authority}`), authority).toBe(true)
    expect(isLoopbackOrigin(`https://${authority}`), authority).toBe(true)
  }
})

test.each(remoteNames)('S38 %j is not this machine: as a host, with a port, and as an origin', (name) => {
  expect(isLoopbackHost(name)).toBe(false)
  for (const authority of [name, `${name}:8787`]) {
    expect(isLoopbackAuthority(authority), authority).toBe(false)
    expect(isLoopbackOrigin(`http://${authority}`), authority).toBe(false)
  }
})

test('::1 needs no brackets as a host, and needs them in an authority', () => {
  expect(isLoopbackHost('::1')).toBe(true)
  expect(isLoopbackAuthority('::1')).toBe(false)
  expect(isLoopbackOrigin('http://::1')).toBe(false)
})

test('allows a port only after the host of an authority', () => {
  expect(isLoopbackHost('localhost:8787')).toBe(false)
  for (const authority of ['localhost:', 'localhost:x', 'localhost:123456', 'localhost:80:80', '[::1]80', ':80'])
    expect(isLoopbackAuthority(authority), authority).toBe(false)
})

test.each([
  'null',
  'file://',
  'localhost',
  'ftp://localhost',
  'http://',
  'https://localhost/',
  'http://localhost/path',
])('S38 %j is not an origin of this machine', (origin) => {
  expect(isLoopbackOrigin(origin)).toBe(false)
})

test('matches a long name in linear time', () => {
  expect(isLoopbackHost(`${'a'.repeat(50_000)}${'.a'.repeat(50_000)}`)).toBe(false)
  expect(isLoopbackHost(`${'a.'.repeat(50_000)}localhost`)).toBe(true)
})

test('accepts localhost and loopback addresses as a local bind address, not names that a resolver maps', () => {
  for (const host of ['localhost', 'LocalHost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
    expect(isLoopbackBind(host), host).toBe(true)
  for (const host of ['app.localhost', 'localhost.', '0.0.0.0', '::', '127.0.0.1.nip.io', '::1:8787', ''])
    expect(isLoopbackBind(host), host).toBe(false)
})

test('recognises the socket addresses of this machine', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
    expect(isLoopbackAddress(address), address).toBe(true)
  for (const address of ['10.0.0.1', '::', '::ffff:10.0.0.1', '2001:db8::1', 'fe80::1%eth0'])
    expect(isLoopbackAddress(address), address).toBe(false)
})
