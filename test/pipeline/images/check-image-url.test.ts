import { expect, test } from 'vitest'
import { checkImageUrl } from '../../../src/pipeline/images/load-image.ts'

const provider = 'http://127.0.0.1:8080/v1'

test('accepts https with a public host name, unchanged', () => {
  for (const text of [
    'https://oaidalleapiprodscus.blob.core.windows.net/private/a.png?sig=b%2Bc%3D',
    'https://cdn.example.com:8443/a.png',
    'https://xn--bcher-kva.example/a.png',
  ])
    expect(checkImageUrl(text, provider)).toEqual({ url: new URL(text), isTrusted: false })
})

test('trusts exactly the origin that the operator configured', () => {
  expect(checkImageUrl('http://127.0.0.1:8080/files/a.png', provider).isTrusted).toBe(true)
  for (const text of ['http://127.0.0.1:8081/a.png', 'https://127.0.0.1:8080/a.png', 'http://127.0.0.1/a.png'])
    expect(() => checkImageUrl(text, provider)).toThrow()
  expect(() => checkImageUrl('http://127.0.0.1:8080/files/a.png', undefined)).toThrow()
})

test.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://0177.0.0.1/',
  'https://0x7f000001/',
  'https://2130706433/',
  'https://1.1.1.1/',
  'https://127.0.0.1./',
  'https://①②⑦.⓪.⓪.①/',
  'https://0/',
  'https://%31%32%37.0.0.1/',
])('S03 refuses the IPv4 address %s', (text) => {
  expect(() => checkImageUrl(text, provider)).toThrow('address')
})

test.each([
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[0:0:0:0:0:ffff:169.254.169.254]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fc00::1]/',
  'https://[fe80::1]/',
  'https://[2606:4700::1111]/',
])('S04 refuses the IPv6 address %s', (text) => {
  expect(() => checkImageUrl(text, provider)).toThrow('address')
})

test.each([
  ['a user name', 'https://user@cdn.example.com/'],
  ['a password', 'https://:secret@cdn.example.com/'],
  ['a host before an at sign', 'https://cdn.example.com@127.0.0.1/'],
  ['a user name on the trusted origin', 'http://user@127.0.0.1:8080/files/a.png'],
  ['backslashes that hide an address', 'https:\\\\127.0.0.1\\.example.com/'],
  ['a dot at the end', 'https://cdn.example.com./'],
  ['a name without a dot', 'https://localhost/'],
  ['no name', 'https:///'],
  ['plain http', 'http://cdn.example.com/a.png'],
  ['a file', 'file:///etc/passwd'],
  ['another scheme', 'ftp://cdn.example.com/a.png'],
  ['a blob', 'blob:https://cdn.example.com/0'],
  ['nothing', ''],
])('S07 refuses %s', (_name, text) => {
  expect(() => checkImageUrl(text, provider)).toThrow()
})
