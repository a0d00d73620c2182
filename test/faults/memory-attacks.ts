import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { nodeFlags } from '../../bench/machine/weir-cli.ts'
import { compileCache } from './start-weir-process.ts'

interface Target {
  readonly url: string
  readonly port: number
  readonly upstream: Upstream
  readonly sizes: Sizes
}

/** Maximum sizes that a server accepts, in bytes. */
interface Sizes {
  readonly body: number
  readonly response: number
}

interface Upstream {
  readonly url: string
  respond: (response: ServerResponse) => void
  sent: number
}

type Attack = (target: Target) => Promise<number>

const mebibyte = 1_048_576
const serverSizes = { body: 31 * mebibyte, response: 59 * mebibyte }
/** More than the growth of any server that survives. */
const endlessBytes = 200 * mebibyte
const head = (path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer attack-token-1\r\ncontent-type: application/json\r\n${more}\r\n\r\n`

/** Writes pieces as fast as the server accepts them, until the connection or the pieces end. */
async function send(
  port: number,
  pieces: Iterable<string | Uint8Array>,
  waitForResponse = true,
  maxMs = 20_000,
): Promise<number> {
  const socket: Socket = connect(port, '127.0.0.1')
  let sent = 0
  let received = ''
  socket.setEncoding('latin1')
  const begun = new Promise<void>((resolve) =>
    socket.on('data', (bytes: string) => {
      if (received.length < 4_096) received += bytes
      resolve()
    }),
  )
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  for (const piece of pieces) {
    if (socket.destroyed || received !== '') break
    sent += piece.length
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
  }
  if (waitForResponse && received === '' && !socket.destroyed) {
    const over = new AbortController()
    await Promise.race([begun, closed, pause(maxMs, undefined, { signal: over.signal }).catch(() => {})])
    over.abort()
  }
  if (waitForResponse) responses.push(received.split('\r\n', 1)[0] || 'none')
  socket.destroy()
  return sent
}

const responses: string[] = []

function* repeat(piece: Uint8Array, bytes: number) {
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece
}

function* whole(path: string, before: string, unit: string, bytes: number, after: string) {
  const block = Buffer.from(unit.repeat(Math.floor(65_536 / unit.length)))
  const count = Math.floor(bytes / block.length)
  yield head(path, `content-length: ${before.length + count * block.length + after.length}`)
  yield before
  for (let at = 0; at < count; at++) yield block
  yield after
}

const chat = '/v1/chat/completions'
const chatBody = '{"model":"m","messages":[{"role":"user","content":"hi"}]}'
const toPicture = (url: string) =>
  `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"${url}`
/** Renders a unique GraphQL document. */
const toDocument = (at: number, fields: string) => JSON.stringify({ query: `{a${at}:__typename ${fields}}` })
const streamed = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
const post = (port: number, path: string, body: string, more = '') =>
  send(port, [head(path, `${more}content-length: ${body.length}`), body])

/** Writes `bytes` to a response as fast as it accepts them. */
function flood(response: ServerResponse, upstream: Upstream, piece: Buffer, bytes: number, end = '') {
  let left = bytes
  const go = () => {
    while (left > 0) {
      left -= piece.length
      upstream.sent += piece.length
      if (!response.write(piece)) return void response.once('drain', go)
    }
    response.end(end)
  }
  response.on('error', () => {})
  go()
}

/** Writes one piece, and waits until the response accepts more. */
async function writeAll(response: ServerResponse, upstream: Upstream, piece: Buffer): Promise<void> {
  upstream.sent += piece.length
  if (response.write(piece) || response.destroyed) return
  await new Promise<void>((resolve) => {
    const goOn = () => {
      response.off('drain', goOn).off('close', goOn)
      resolve()
    }
    response.on('drain', goOn).on('close', goOn)
  })
}

const usage = '{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}'

const jsonHeaders = { authorization: 'Bearer attack-token-1', 'content-type': 'application/json' }

async function makeSession(url: string): Promise<string> {
  const created = await fetch(`${url}/v1/sessions`, { method: 'POST', headers: jsonHeaders, body: '{}' })
  return ((await created.json()) as { id: string }).id
}

const attacks: Record<string, Attack> = {
  /** D3: four million chunks of one byte. */
  'caller-tiny-chunks': ({ port }) => {
    const chunks = Buffer.from('1\r\nx\r\n'.repeat(8_192))
    return send(port, [
      head(chat, 'transfer-encoding: chunked'),
      '2\r\n{"\r\n',
      ...repeat(chunks, 24 * mebibyte),
      '0\r\n\r\n',
    ])
  },
  'upstream-tiny-chunks': async ({ port, upstream }) => {
    upstream.respond = (response) => {
      const { socket } = response
      socket?.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n')
      const chunks = Buffer.from('1\r\nx\r\n'.repeat(8_192))
      let left = 24 * mebibyte
      const go = () => {
        while (left > 0 && socket !== null) {
          left -= chunks.length
          upstream.sent += chunks.length
          if (!socket.write(chunks)) return void socket.once('drain', go)
        }
        socket?.end('0\r\n\r\n')
      }
      socket?.on('error', () => {})
      go()
    }
    return (await post(port, chat, chatBody)) + upstream.sent
  },
  'json-empty-arrays': ({ port, sizes }) => send(port, whole(chat, '{"model":"m","a":[', '[],', sizes.body, '1]}')),
  'json-empty-objects': ({ port }) => send(port, whole(chat, '{"model":"m","a":[', '{},', 16 * mebibyte, '1]}')),
  'json-images-125': ({ port }) =>
    send(port, whole('/v1/images/generations', '{"model":"m","a":[', '[],', 125 * mebibyte, '1]}')),
  'graphql-variables': ({ port }) =>
    send(port, whole('/graphql', '{"query":"{__typename}","variables":{"a":[', '[],', 24 * mebibyte, '1]}}')),
  'json-names': ({ port }) => {
    const names = Array.from({ length: 300_000 }, (_, at) => `"n${at}":1`).join()
    const body = `{"model":"m","a":{${names}}}`
    return post(port, chat, body)
  },
  'json-picture': ({ port, sizes }) =>
    send(port, whole(chat, toPicture('data:image/png;base64,'), 'abcd', sizes.body, '"}}]}]}')),
  /** With escapes as PHP writes them. */
  'json-escapes': ({ port, sizes }) =>
    send(port, whole(chat, toPicture('data:image\\/png;base64,'), `${'abcd'.repeat(15)}\\/`, sizes.body, '"}}]}]}')),
  'picture-to-messages': (target) => translate(target, 'messages', 'image/png', 'iVBORw0KGgo'),
  'picture-to-contents': (target) => translate(target, 'contents', 'image/png', 'iVBORw0KGgo'),
  'picture-to-responses': (target) => translate(target, 'responses', 'image/png', 'iVBORw0KGgo'),
  'text-file-to-messages': (target) => translate(target, 'messages', 'text/plain', 'aGVsbG8g'),
  'picture-from-messages': (target) => {
    const before =
      '{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"'
    return send(target.port, whole('/v1/messages', before, 'abcd', target.sizes.body, '"}}]}]}'))
  },
  'translated-endless': (target) => readTranslated(target, { content: 'x'.repeat(4_000) }),
  'translated-endless-call': (target) =>
    readTranslated(target, {
      tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: 'x'.repeat(4_000) } }],
    }),
  /** JSON within a string, which is not measured with the body. */
  'inputs-to-messages': ({ port }) => {
    const before =
      '{"model":"messages/m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\\"a\\":['
    const after = '1]}"}}]},{"role":"tool","tool_call_id":"a","content":"x"}]}'
    return send(port, whole(chat, before, '[],', 20 * mebibyte, after))
  },
  'json-wide-text': ({ port, sizes }) =>
    send(port, whole(chat, '{"model":"m","messages":[{"role":"user","content":"\\u4e2d', 'abcd', sizes.body, '"}]}')),
  /** Twenty unfinished bodies. */
  'bodies-unfinished': async ({ port, sizes }) => {
    const sends = Array.from({ length: 20 }, () => {
      const block = Buffer.alloc(65_536, 'x')
      return send(
        port,
        [head(chat, `content-length: ${sizes.body + mebibyte}`), '{"a":"', ...repeat(block, sizes.body)],
        true,
        // An accepted body gets no response: the server buffers it while the others arrive.
        3_000,
      )
    })
    return (await Promise.all(sends)).reduce((sum, sent) => sum + sent, 0)
  },
  'graphql-documents': async ({ port }) => {
    let sent = 0
    for (let at = 0; at < 10_000; at += 100) {
      const documents = Array.from({ length: 100 }, (_, n) => {
        const body = toDocument(at + n, '__typename '.repeat(50))
        return `${head('/graphql', `content-length: ${body.length}`)}${body}`
      })
      sent += await send(
        port,
        documents.concat([head('/graphql', 'content-length: 2\r\nconnection: close'), '{}']),
        true,
      )
    }
    return sent
  },
  /** Documents of maximum width from a hundred connections at once: validation compares each field with each other. */
  'graphql-connections': async ({ port }) => {
    const sockets = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = connect(port, '127.0.0.1').setEncoding('latin1')
        await once(socket, 'connect')
        return socket
      }),
    )
    let sent = 0
    for (let round = 0; round < 10; round++) {
      const read = sockets.map((socket) => once(socket, 'data'))
      for (const [at, socket] of sockets.entries()) {
        const body = toDocument(round * 100 + at, '__typename '.repeat(249))
        sent += body.length
        socket.write(`${head('/graphql', `content-length: ${body.length}`)}${body}`)
      }
      for (const [bytes] of await Promise.all(read)) responses.push(String(bytes).split('\r\n', 1)[0] ?? 'none')
    }
    for (const socket of sockets) socket.destroy()
    return sent
  },
  /** As many requests as one read contains. */
  'pipelined-requests': async ({ port }) => {
    const small = `GET /v1/models/none HTTP/1.1\r\nhost: x\r\nauthorization: Bearer attack-token-1\r\n\r\n`
    const last = `GET /v1/models/none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`
    let sent = 0
    for (let at = 0; at < 160; at++) sent += await send(port, [small.repeat(250) + last])
    return sent
  },
  'session-endless': async ({ port, url, upstream }) => {
    const id = await makeSession(url)
    const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }] })
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      flood(response, upstream, Buffer.from(`data: ${delta}\n\n`), endlessBytes)
    }
    return readAll(port, chat, streamed, upstream, `x-session-id: ${id}\r\n`)
  },
  'subscription-endless': async ({ port, upstream }) => {
    const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }] })
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      flood(response, upstream, Buffer.from(`data: ${delta}\n\n`), endlessBytes)
    }
    const query = 'subscription($i:ChatInput!){streamAIResponse(input:$i){delta}}'
    const body = JSON.stringify({
      query,
      variables: { i: { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 100 } },
    })
    return readAll(port, '/graphql', body, upstream, 'accept: text/event-stream\r\n')
  },
  'events-without-end': async ({ port, upstream, sizes }) => {
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
      flood(response, upstream, Buffer.from('data: '.padEnd(65_536, 'x')), sizes.body)
    }
    await Promise.all(Array.from({ length: 16 }, () => readAll(port, chat, streamed, upstream, '')))
    return upstream.sent
  },
  'upstream-large-answers': async ({ port, upstream }) => {
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"choices":[{"index":0,"message":{"role":"assistant","content":"')
      flood(response, upstream, Buffer.alloc(65_536, 'x'), 60 * mebibyte, '"}}]}')
    }
    await Promise.all(Array.from({ length: 8 }, () => readAll(port, chat, chatBody, upstream, '')))
    return upstream.sent
  },
  'pictures-8000': async ({ port, upstream }) => {
    upstream.respond = (response) => {
      const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
      response.writeHead(200, { 'content-type': 'application/json' })
      const body = JSON.stringify({ created: 1, data: Array.from({ length: 8_000 }, () => ({ b64_json: png })) })
      upstream.sent += body.length
      response.end(body)
    }
    return (await post(port, '/v1/images/generations', '{"model":"gpt-image-1","prompt":"x"}')) + upstream.sent
  },
  'long-model': ({ port, sizes }) => send(port, whole(chat, '{"model":"', 'abcd', sizes.body, '"}')),
  /** Vectors, as numbers. */
  'answer-floats': async ({ port, upstream, sizes }) => {
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"object":"list","data":[{"object":"embedding","index":0,"embedding":[')
      flood(response, upstream, Buffer.from('-0.0123456789,'.repeat(4_681)), sizes.response, `0]}],"usage":${usage}}`)
    }
    return readAll(port, '/v1/embeddings', '{"model":"m","input":"hi"}', upstream, '')
  },
  /** More objects than can be parsed in one step. */
  'answer-objects': async ({ port, upstream, sizes }) => {
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"logprobs":{"content":[')
      flood(
        response,
        upstream,
        Buffer.from('{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[]},'.repeat(1_000)),
        sizes.response,
        `{}]}}],"usage":${usage}}`,
      )
    }
    return readAll(port, chat, chatBody, upstream, '')
  },
  'answer-pictures': (target) => askForPictures(target, '{"model":"gpt-image-1","prompt":"x"}'),
  /** The same with a requested stream: Weir has to rewrite the response. */
  'pictures-as-events': (target) => askForPictures(target, '{"model":"gpt-image-1","prompt":"x","stream":true}'),
  /** Long events with usage that must be parsed. Each may be the last. */
  'events-long': async ({ port, upstream }) => {
    upstream.respond = async (response) => {
      response.on('error', () => {})
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const items = Buffer.from('[],'.repeat(21_845))
      for (let event = 0; event < 8 && !response.destroyed; event++) {
        await writeAll(response, upstream, Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1},"a":['))
        for (let at = 0; at < 400 && !response.destroyed; at++) await writeAll(response, upstream, items)
        await writeAll(response, upstream, Buffer.from('1]}\n\n'))
      }
      response.end('data: [DONE]\n\n')
    }
    return readAll(port, chat, streamed, upstream, '')
  },
  'events-pictures': async ({ port, upstream }) => {
    upstream.respond = async (response) => {
      response.on('error', () => {})
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const block = Buffer.alloc(65_536, 'A')
      for (let event = 0; event < 8 && !response.destroyed; event++) {
        await writeAll(response, upstream, Buffer.from('data: {"type":"image_generation.partial_image","b64_json":"'))
        for (let at = 0; at < 480 && !response.destroyed; at++) await writeAll(response, upstream, block)
        await writeAll(response, upstream, Buffer.from('"}\n\n'))
      }
      response.end('data: [DONE]\n\n')
    }
    const body = '{"model":"gpt-image-1","prompt":"x","stream":true}'
    return readAll(port, '/v1/images/generations', body, upstream, '')
  },
  /** A very long refusal, in lines that could be events. */
  'refusals-long': async ({ port, upstream }) => {
    upstream.respond = (response) => {
      response.writeHead(400, { 'content-type': 'text/plain' })
      flood(response, upstream, Buffer.from('data:\n\n'.repeat(9_362)), 60 * mebibyte)
    }
    await Promise.all([1, 2, 3, 4].map(() => readAll(port, chat, chatBody, upstream, '')))
    return upstream.sent
  },
  /** Events instead of the requested JSON, and JSON instead of the requested events. */
  'answers-of-the-other-kind': async ({ port, upstream }) => {
    const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x' } }] })
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      flood(response, upstream, Buffer.from(`data: ${delta}\n\n`.repeat(1_000)), 15 * mebibyte, 'data: [DONE]\n\n')
    }
    await readAll(port, chat, chatBody, upstream, '')
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"choices":[{"index":0,"message":{"role":"assistant","content":"hi","a":[')
      flood(response, upstream, Buffer.from('[],'.repeat(21_845)), 15 * mebibyte, '1]}}]}')
    }
    return readAll(port, chat, streamed, upstream, '')
  },
  /** 24 prompts of 4 MB in one session, then ten readers of its history. */
  'session-long-history': async ({ port, url, upstream }) => {
    const id = await makeSession(url)
    const inSession = { ...jsonHeaders, 'x-session-id': id }
    const content = 'abcd '.repeat(800_000)
    let sent = 0
    for (let at = 0; at < 24; at++) {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] })
      const response = await fetch(`${url}${chat}`, { method: 'POST', headers: inSession, body }).catch(() => undefined)
      responses.push(`asked: ${response?.status}`)
      await response?.arrayBuffer().catch(() => {})
      sent += body.length
    }
    await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const path = ['messages', 'messages?limit=100', 'export'][at % 3]
        sent +=
          at % 2 === 0
            ? await post(port, chat, chatBody, `x-session-id: ${id}\r\n`)
            : await readAll(port, `/v1/sessions/${id}/${path}`, '', upstream, '', 'GET')
      }),
    )
    return sent
  },
  /** A file that resembles the form's delimiter throughout. */
  'form-dashes': ({ port }) => {
    const boundary = '-'.repeat(60)
    const before = `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`
    const after = `\r\n--${boundary}--\r\n`
    const block = Buffer.from(`${'-'.repeat(61)}x`.repeat(1_057))
    const length = before.length + 400 * block.length + after.length
    const type = `multipart/form-data; boundary=${boundary}`
    return send(port, [
      head('/v1/audio/transcriptions', `content-length: ${length}`).replace('application/json', type),
      before,
      ...repeat(block, 400 * block.length),
      after,
    ])
  },
  /** Clients that never read their stream. */
  'slow-readers': async ({ port, upstream }) => {
    upstream.respond = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(30_000) } }] })
      flood(response, upstream, Buffer.from(`data: ${event}\n\n`), 16 * mebibyte)
    }
    const sockets = Array.from({ length: 400 }, () => {
      const socket = connect(port, '127.0.0.1').pause()
      socket.on('error', () => {})
      socket.write(`${head(chat, `content-length: ${streamed.length}`)}${streamed}`)
      return socket
    })
    let before = -1
    while (upstream.sent === 0 || upstream.sent !== before) {
      before = upstream.sent
      await pause(500)
    }
    for (const socket of sockets) socket.destroy()
    return upstream.sent
  },
}

/** Reads an endless chat as a client of Responses, whose last event repeats the whole reply. */
async function readTranslated({ port, upstream }: Target, part: object): Promise<number> {
  const delta = JSON.stringify({ choices: [{ index: 0, delta: part }] })
  upstream.respond = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    flood(response, upstream, Buffer.from(`data: ${delta}\n\n`), endlessBytes)
  }
  return readAll(port, '/v1/responses', '{"model":"up/m","stream":true,"input":"hi"}', upstream, '')
}

/** Sends a chat with one long file to a provider of another dialect. */
function translate({ port, sizes, upstream }: Target, provider: string, type: string, unit: string): Promise<number> {
  upstream.respond = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(translatedAnswers[provider])
  }
  const part = type.startsWith('image/')
    ? ['"type":"image_url","image_url":{"url"', '"}}']
    : ['"type":"file","file":{"filename":"a.txt","file_data"', '"}}']
  const before = `{"model":"${provider}/m","messages":[{"role":"user","content":[{${part[0]}:"data:${type};base64,`
  return send(port, whole(chat, before, unit, sizes.body, `${part[1]}]}]}`))
}

const translatedAnswers: Readonly<Record<string, string>> = {
  messages: '{"type":"message","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"hi"}]}',
  contents: '{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP"}]}',
  responses:
    '{"object":"response","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}]}',
}

/** Starts two calls at once. Each response contains an image of 30 MiB. */
async function askForPictures({ port, upstream }: Target, body: string): Promise<number> {
  const picture = Buffer.from(`iVBORw0KGgoAAAANSUhE${'A'.repeat(65_536 - 20)}`)
  upstream.respond = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"created":1,"data":[{"b64_json":"')
    flood(response, upstream, picture, 30 * mebibyte, '"},{"b64_json":"iVBORw0KGgoAAAANSUhE"}]}')
  }
  await Promise.all([1, 2].map(() => readAll(port, '/v1/images/generations', body, upstream, '')))
  return upstream.sent
}

/** Reads the whole response and discards it. */
async function readAll(
  port: number,
  path: string,
  body: string,
  upstream: Upstream,
  more: string,
  method = 'POST',
): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  let last = ''
  let first = ''
  socket.on('data', (chunk: Buffer) => {
    first ||= chunk.toString('latin1').split('\r\n', 1)[0] ?? ''
    last = chunk.subarray(-200).toString('latin1')
    if (last.endsWith('0\r\n\r\n')) socket.destroy()
  })
  socket.on('error', () => {})
  const length = method === 'GET' ? '' : `content-length: ${body.length}\r\n`
  socket.write(`${head(path, `${more}${length}connection: close`).replace('POST', method)}${body}`)
  await Promise.race([once(socket, 'close'), pause(45_000)])
  responses.push(`${first} … ${last.slice(-90).replace(/\s+/g, ' ')}`)
  socket.destroy()
  return upstream.sent
}

function respondBriefly(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(
    '{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
  )
}

async function startUpstream(): Promise<Upstream & { close(): void }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => upstream.respond(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: 0,
    respond: respondBriefly,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return upstream
}

/**
 * On SIGUSR2, prints the longest step since the last signal: the main thread's CPU time between two timer callbacks, 5
 * ms apart if nothing blocks them. A busy machine stretches wall time, but not CPU time.
 */
const hook = `data:text/javascript,${encodeURIComponent(`
let longest = 0
let before = process.threadCpuUsage()
setInterval(() => {
  const { user, system } = process.threadCpuUsage(before)
  before = process.threadCpuUsage()
  longest = Math.max(longest, user + system)
}, 5).unref()
process.on('SIGUSR2', () => { process.stderr.write('STEP ' + longest / 1e3 + '\\n'); longest = 0 })`)}`

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Sends ordinary traffic: the memory that engine and allocator then keep counts as that of an idle server. */
async function warmUp({ port, upstream }: Target, bytes: number): Promise<void> {
  const { respond } = upstream
  const content = 'abcd '.repeat(20_000)
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] })
  for (let at = 0; at < 10; at++) await Promise.all(Array.from({ length: 20 }, () => post(port, chat, body)))
  const event = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(1_000) } }] })
  upstream.respond = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    flood(response, upstream, Buffer.from(`data: ${event}\n\n`.repeat(60)), bytes)
  }
  await Promise.all(Array.from({ length: 10 }, () => readAll(port, chat, streamed, upstream, '')))
  upstream.respond = respond
  upstream.sent = 0
}

async function residentMiB(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1_024
}

/** The cost of an attack. Memory figures exist only on Linux. */
export interface Damage {
  readonly isAlive: boolean
  readonly sentMiB: number
  /** Growth of the resident memory above that of the server after ordinary traffic. */
  readonly grownMiB: number
  /** The longest step of the main thread, in CPU time. */
  readonly maxStepMs: number
  readonly livezP99Ms: number
  /** The first lines of responses, and their ends. */
  readonly responses: readonly string[]
}

export const attackNames = Object.keys(attacks)

/** A server under attack. */
export interface AttackedServer {
  readonly url: string
  readonly pid: number | undefined
  readonly sizes?: Sizes
  /** What each of ten streams of the ordinary traffic carries. */
  readonly warmUpBytes?: number
  /** Resolves with the longest step since the previous call; NaN if it is not measured. */
  maxStepMs(): Promise<number>
  close(): Promise<void>
}

/** Returns the environment and the configuration of an attacked server. */
export function toAttackedOptions(upstreamUrl: string) {
  const provider = { kind: 'custom', base_url: `${upstreamUrl}/v1`, api_key: 'up-key-12345678' }
  return {
    env: { TOKEN: 'attack-token-1', LOG_LEVEL: 'silent' },
    config: {
      default_provider: 'up',
      providers: {
        // Not `responses`, which is translated.
        up: { ...provider, dialects: ['chat.completions', 'embeddings', 'images.generations', 'audio.transcriptions'] },
        messages: { ...provider, dialects: ['messages'] },
        contents: { ...provider, kind: 'gemini', base_url: upstreamUrl },
        responses: { ...provider, dialects: ['responses'] },
      },
    },
  }
}

/** Starts a server with the flags of `npm start` and a heap of 256 MB. */
async function startServer(upstreamUrl: string): Promise<AttackedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-attack-'))
  const { env, config } = toAttackedOptions(upstreamUrl)
  const flags = [...nodeFlags, '--max-old-space-size=256', '--import', hook]
  const child = spawn(process.execPath, [...flags, commandLine, 'serve'], {
    cwd: folder,
    env: { ...env, ...compileCache, PORT: '0', PATH: process.env.PATH ?? '', WEIR_CONFIG: JSON.stringify(config) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const listening = Promise.withResolvers<string>()
  let resolveStep = (_ms: number) => {}
  let tail = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail = `${tail}\n${line}`.slice(-400)
    const url = /http:\/\/[^/]+:\d+/.exec(line)?.[0]
    if (url !== undefined) listening.resolve(url)
    if (line.startsWith('STEP ')) resolveStep(Number(line.slice(5)))
  })
  child.once('exit', () => {
    listening.reject(new Error(tail))
    resolveStep(Number.NaN)
  })
  const close = async () => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  const maxStepMs = () =>
    new Promise<number>((resolve) => {
      resolveStep = resolve
      if (!child.kill('SIGUSR2')) resolve(Number.NaN)
    })
  try {
    return { url: await listening.promise, pid: child.pid, maxStepMs, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A server to attack, after ordinary traffic. */
export interface Arena {
  /**
   * Runs one attack, then sends one call. Memory growth counts from before the first attack: attacks may accumulate.
   */
  attack(name: string): Promise<Damage>
  close(): Promise<void>
}

export async function openArena(start: (upstreamUrl: string) => Promise<AttackedServer> = startServer): Promise<Arena> {
  const upstream = await startUpstream()
  const server = await start(upstream.url)
  const { url, pid } = server
  const target = { port: Number(new URL(url).port), url, upstream, sizes: server.sizes ?? serverSizes }
  await warmUp(target, server.warmUpBytes ?? 24 * mebibyte)
  // Loads GraphQL, which happens at its first use.
  await post(target.port, '/graphql', '{"query":"{__typename}"}')
  const idleMiB = await residentMiB(pid, 'VmRSS')
  return {
    async attack(name) {
      const run = attacks[name]
      if (run === undefined) throw new Error(`unknown attack: ${name}`)
      responses.length = 0
      upstream.sent = 0
      await resetPeak(pid)
      await server.maxStepMs()
      const prober = new Worker(probe, { eval: true, workerData: url })
      const sent = await run(target)
      prober.postMessage('over')
      const [probes] = (await once(prober, 'message')) as [number[]]
      const grownMiB = (await residentMiB(pid, 'VmHWM')) - idleMiB
      const maxStepMs = await server.maxStepMs()
      upstream.respond = respondBriefly
      const last = await fetch(`${url}${chat}`, { method: 'POST', headers: jsonHeaders, body: chatBody }).catch(
        () => undefined,
      )
      probes.sort((left, right) => left - right)
      return {
        isAlive: last?.status === 200,
        sentMiB: sent / mebibyte,
        grownMiB,
        maxStepMs,
        livezP99Ms: probes[Math.floor(probes.length * 0.99)] ?? Number.NaN,
        responses: [...new Set(responses)],
      }
    },
    async close() {
      await server.close()
      upstream.close()
    },
  }
}

/** Resets the peak of resident memory. https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
async function resetPeak(pid: number | undefined): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})
}

/** Requests `/livez` continuously, from a separate thread because the attacker's thread is busy. */
const probe = `
const { parentPort, workerData } = require('node:worker_threads')
const { get, Agent } = require('node:http')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const times = []
let isOver = false
parentPort.once('message', () => { isOver = true })
function ask() {
  if (isOver) return parentPort.postMessage(times)
  const began = performance.now()
  const next = () => { times.push(performance.now() - began); setTimeout(ask, 5) }
  const request = get(workerData + '/livez', { agent }, (response) => response.resume().once('close', next))
  request.once('error', next)
  request.setTimeout(60000, () => request.destroy())
}
ask()
`
