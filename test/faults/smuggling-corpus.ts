import { bearer } from '../support/gateway.ts'

// With an Origin, because Weir sends CORS headers only to pages.
const key = `authorization: ${bearer.authorization}\r\norigin: https://chat.example\r\n`
const body = '{"model":"m","messages":[]}'
const post = `POST /v1/chat/completions HTTP/1.1\r\nhost: weir.test\r\n${key}content-type: application/json\r\n`
const hidden = `POST /v1/chat/completions HTTP/1.1\r\nhost: weir.test\r\n${key}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
const length = `content-length: ${body.length}\r\n`
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
const get = `GET /v1/models HTTP/1.1\r\nhost: weir.test\r\n${key}`

/**
 * Requests that two servers in a chain could read differently, most with a second request hidden behind them.
 * Weir must serve none of them.
 */
export const smugglingCorpus: readonly (readonly [name: string, bytes: string])[] = [
  ['a length and chunks', `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n${chunked}${hidden}`],
  ['chunks and a length', `${post}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n${chunked}${hidden}`],
  ['two lengths', `${post}${length}content-length: 5\r\n\r\n${body}${hidden}`],
  ['the same length twice', `${post}${length}${length}\r\n${body}${hidden}`],
  ['two lengths in one', `${post}content-length: ${body.length}, ${body.length}\r\n\r\n${body}${hidden}`],
  ['a negative length', `${post}content-length: -1\r\n\r\n${hidden}`],
  ['a length with a plus', `${post}content-length: +${body.length}\r\n\r\n${body}${hidden}`],
  ['a length in hexadecimal', `${post}content-length: 0x1b\r\n\r\n${body}${hidden}`],
  ['a length beyond 64 bits', `${post}content-length: 18446744073709551617\r\n\r\n${hidden}`],
  ['an empty length', `${post}content-length: \r\n\r\n${hidden}`],
  ['two encodings', `${post}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n${chunked}${hidden}`],
  ['an encoding that looks like chunked', `${post}transfer-encoding: xchunked\r\n\r\n${chunked}${hidden}`],
  ['chunked, identity', `${post}transfer-encoding: chunked, identity\r\n\r\n${chunked}${hidden}`],
  ['identity', `${post}transfer-encoding: identity\r\n${length}\r\n${body}${hidden}`],
  ['gzip, chunked', `${post}transfer-encoding: gzip, chunked\r\n\r\n${chunked}${hidden}`],
  ['chunked behind a control character', `${post}transfer-encoding: \u000bchunked\r\n\r\n${chunked}${hidden}`],
  ['an encoding with a space before its colon', `${post}transfer-encoding : chunked\r\n\r\n${chunked}${hidden}`],
  [
    'chunks in HTTP/1.0',
    `${post.replace('HTTP/1.1', 'HTTP/1.0')}transfer-encoding: chunked\r\n\r\n${chunked}${hidden}`,
  ],
  ['HTTP/0.9', `GET /v1/models\r\n\r\n${hidden}`],
  ['HTTP/2.0 in the first line', `${post.replace('HTTP/1.1', 'HTTP/2.0')}${length}\r\n${body}${hidden}`],
  ['HTTP/1.2', `${post.replace('HTTP/1.1', 'HTTP/1.2')}${length}\r\n${body}${hidden}`],
  ['lines that end in LF', `${post}${length}\r\n${body}`.replaceAll('\r\n', '\n')],
  ['a header behind a bare CR', `${post}x-a: b\rtransfer-encoding: chunked\r\n${length}\r\n${body}${hidden}`],
  ['a header behind a bare LF', `${post}x-a: b\ntransfer-encoding: chunked\r\n${length}\r\n${body}${hidden}`],
  ['a folded header', `${post}x-a: b\r\n transfer-encoding: chunked\r\n${length}\r\n${body}${hidden}`],
  ['NUL in a value', `${post}x-a: b\u0000c\r\n${length}\r\n${body}${hidden}`],
  ['NUL in a name', `${post}x-a\u0000: b\r\n${length}\r\n${body}${hidden}`],
  ['a name with a space', `${post}x a: b\r\n${length}\r\n${body}${hidden}`],
  ['a line without a colon', `${post}nonsense\r\n${length}\r\n${body}${hidden}`],
  ['a chunk of size 0x1b', `${post}transfer-encoding: chunked\r\n\r\n0x${chunked}${hidden}`],
  ['a chunk of size 2^65', `${post}transfer-encoding: chunked\r\n\r\n20000000000000000\r\n${hidden}`],
  ['a chunk without its end', `${post}transfer-encoding: chunked\r\n\r\n5\r\n${body}\r\n0\r\n\r\n${hidden}`],
  [
    'a chunk extension with a bare LF',
    `${post}transfer-encoding: chunked\r\n\r\n1b;a\nb\r\n${body}\r\n0\r\n\r\n${hidden}`,
  ],
  [
    'a chunk extension of 20 KB',
    `${post}transfer-encoding: chunked\r\n\r\n1b;${'a'.repeat(20_000)}\r\n${body}\r\n0\r\n\r\n${hidden}`,
  ],
  ['two hosts', `${post}host: evil.example\r\n${length}\r\n${body}${hidden}`],
  ['the same host twice', `${post}Host: weir.test\r\n${length}\r\n${body}${hidden}`],
  ['no host', `${post.replace('host: weir.test\r\n', '')}${length}\r\n${body}${hidden}`],
  ['an empty host', `${post.replace('weir.test', '')}${length}\r\n${body}${hidden}`],
  ['a host with a user', `${post.replace('weir.test', 'a@evil.example')}${length}\r\n${body}${hidden}`],
  ['a host with a path', `${post.replace('weir.test', 'weir.test/v1')}${length}\r\n${body}${hidden}`],
  ['a host with a list', `${post.replace('weir.test', 'weir.test, evil.example')}${length}\r\n${body}${hidden}`],
  ['GET with a length', `${get}content-length: ${hidden.length}\r\n\r\n${hidden}`],
  ['GET with chunks', `${get}transfer-encoding: chunked\r\n\r\n${chunked}${hidden}`],
  ['HEAD with a length', `${get.replace('GET', 'HEAD')}content-length: ${hidden.length}\r\n\r\n${hidden}`],
  [
    'OPTIONS in HTTP/1.0 with chunks',
    `${get.replace('GET', 'OPTIONS').replace('1.1', '1.0')}transfer-encoding: chunked\r\n\r\n${chunked}${hidden}`,
  ],
  ['an invalid method', `${post.replace('POST', 'PO ST')}${length}\r\n${body}${hidden}`],
  ['a method in lower case', `${post.replace('POST', 'post')}${length}\r\n${body}${hidden}`],
  ['a target with a space', `${post.replace('/v1/chat', '/v1 /chat')}${length}\r\n${body}${hidden}`],
  ['101 headers', `${post}${'x-a: b\r\n'.repeat(100)}${length}\r\n${body}${hidden}`],
  [
    '1,500 headers, the key last',
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(1_500)}${key}${length}\r\n${body}${hidden}`,
  ],
  ['headers of 20 KB', `${post}x-a: ${'b'.repeat(20_000)}\r\n${length}\r\n${body}${hidden}`],
  ['a target of 20 KB', `${post.replace('/v1/', `/${'a'.repeat(20_000)}/`)}${length}\r\n${body}${hidden}`],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
  ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
]
