import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compileCache } from './start-weir-process.ts'

interface Target {
  readonly url: string
  readonly port: number
  readonly upstream: Upstream
}

interface Upstream {
  readonly url: string
  answer: (response: ServerResponse) => void
  sent: number
}

type Attack = (target: Target) => Promise<number>

const mebibyte = 1_048_576
const head = (path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer attack-token-1\r\ncontent-type: application/json\r\n${more}\r\n\r\n`

/** Writes pieces as fast as they are taken, to the end of the connection or of the pieces. */
async function send(port: number, pieces: Iterable<string | Uint8Array>, waitForAnswer = true): Promise<number> {
  const socket: Socket = connect(port, '127.0.0.1')
  let sent = 0
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    if (answer.length < 4_096) answer += text
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  for (const piece of pieces) {
    if (socket.destroyed || answer !== '') break
    sent += piece.length
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
  }
  const until = Date.now() + 20_000
  while (waitForAnswer && answer === '' && !socket.destroyed && Date.now() < until) await pause(20)
  if (waitForAnswer) answers.push(answer.split('\r\n', 1)[0] || 'none')
  socket.destroy()
  return sent
}

const answers: string[] = []

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
const question = '{"model":"m","messages":[{"role":"user","content":"hi"}]}'
const streamed = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
const post = (port: number, path: string, body: string, more = '') =>
  send(port, [head(path, `${more}content-length: ${body.length}`), body])

/** Writes to a response without end, up to `bytes`. */
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

const jsonHeaders = { authorization: 'Bearer attack-token-1', 'content-type': 'application/json' }

async function makeSession(url: string): Promise<string> {
  const made = await fetch(`${url}/v1/sessions`, { method: 'POST', headers: jsonHeaders, body: '{}' })
  return ((await made.json()) as { id: string }).id
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
    upstream.answer = (response) => {
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
    return (await post(port, chat, question)) + upstream.sent
  },
  'json-empty-arrays': ({ port }) => send(port, whole(chat, '{"model":"m","a":[', '[],', 31 * mebibyte, '1]}')),
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
  'json-picture': ({ port }) => send(port, whole(chat, '{"model":"m","a":"', 'abcd', 31 * mebibyte, '"}')),
  'json-wide-text': ({ port }) =>
    send(
      port,
      whole(chat, '{"model":"m","messages":[{"role":"user","content":"\\u4e2d', 'abcd', 31 * mebibyte, '"}]}'),
    ),
  /** Twenty bodies of 31 MiB that never end. */
  'bodies-unfinished': async ({ port }) => {
    const sends = Array.from({ length: 20 }, () => {
      const block = Buffer.alloc(65_536, 'x')
      return send(
        port,
        [head(chat, `content-length: ${32 * mebibyte}`), '{"a":"', ...repeat(block, 31 * mebibyte)],
        true,
      )
    })
    return (await Promise.all(sends)).reduce((sum, sent) => sum + sent, 0)
  },
  'graphql-documents': async ({ port }) => {
    let sent = 0
    for (let at = 0; at < 10_000; at += 100) {
      const documents = Array.from({ length: 100 }, (_, n) => {
        const body = JSON.stringify({ query: `{a${at + n}:__typename ${'__typename '.repeat(50)}}` })
        return `${head('/graphql', `content-length: ${body.length}`)}${body}`
      })
      sent += await send(
        port,
        documents.slice(0, 100).concat([head('/graphql', 'content-length: 2\r\nconnection: close'), '{}']),
        true,
      )
    }
    return sent
  },
  'session-endless': async ({ port, url, upstream }) => {
    const id = await makeSession(url)
    const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }] })
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      flood(response, upstream, Buffer.from(`data: ${delta}\n\n`), 300 * mebibyte)
    }
    return readAll(port, chat, streamed, upstream, `x-session-id: ${id}\r\n`)
  },
  'subscription-endless': async ({ port, upstream }) => {
    const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }] })
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      flood(response, upstream, Buffer.from(`data: ${delta}\n\n`), 300 * mebibyte)
    }
    const query = 'subscription($i:ChatInput!){chat(input:$i){delta}}'
    const body = JSON.stringify({
      query,
      variables: { i: { model: 'm', messages: [{ role: 'user', content: 'hi' }] } },
    })
    return readAll(port, '/graphql', body, upstream, 'accept: text/event-stream\r\n')
  },
  'events-without-end': async ({ port, upstream }) => {
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
      flood(response, upstream, Buffer.from('data: '.padEnd(65_536, 'x')), 31 * mebibyte)
    }
    await Promise.all(Array.from({ length: 16 }, () => readAll(port, chat, streamed, upstream, '')))
    return upstream.sent
  },
  'upstream-large-answers': async ({ port, upstream }) => {
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"choices":[{"index":0,"message":{"role":"assistant","content":"')
      flood(response, upstream, Buffer.alloc(65_536, 'x'), 60 * mebibyte, '"}}]}')
    }
    await Promise.all(Array.from({ length: 8 }, () => readAll(port, chat, question, upstream, '')))
    return upstream.sent
  },
  'pictures-8000': async ({ port, upstream }) => {
    upstream.answer = (response) => {
      const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
      response.writeHead(200, { 'content-type': 'application/json' })
      const body = JSON.stringify({ created: 1, data: Array.from({ length: 8_000 }, () => ({ b64_json: png })) })
      upstream.sent += body.length
      response.end(body)
    }
    return (await post(port, '/v1/images/generations', '{"model":"gpt-image-1","prompt":"x"}')) + upstream.sent
  },
  'long-model': ({ port }) => send(port, whole(chat, '{"model":"', 'abcd', 31 * mebibyte, '"}')),
  /** Readers who take nothing of a stream. */
  'slow-readers': async ({ port, upstream }) => {
    upstream.answer = (response) => {
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
    while (upstream.sent !== before) {
      before = upstream.sent
      await pause(500)
    }
    for (const socket of sockets) socket.destroy()
    return upstream.sent
  },
}

/** Reads the whole answer and throws it away. */
async function readAll(port: number, path: string, body: string, upstream: Upstream, more: string): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  let last = ''
  let first = ''
  socket.on('data', (chunk: Buffer) => {
    first ||= chunk.toString('latin1').split('\r\n', 1)[0] ?? ''
    last = chunk.subarray(-200).toString('latin1')
    if (last.endsWith('0\r\n\r\n')) socket.destroy()
  })
  socket.on('error', () => {})
  socket.write(`${head(path, `${more}content-length: ${body.length}\r\nconnection: close`)}${body}`)
  await Promise.race([once(socket, 'close'), pause(45_000)])
  answers.push(`${first} … ${last.slice(-90).replace(/\s+/g, ' ')}`)
  socket.destroy()
  return upstream.sent
}

function answerBriefly(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(
    '{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
  )
}

async function startUpstream(): Promise<Upstream & { close(): void }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => upstream.answer(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: 0,
    answer: answerBriefly,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return upstream
}

/** Says, when asked by a signal, what the longest step was since the last time. */
const hook = `data:text/javascript,${encodeURIComponent(`
import { monitorEventLoopDelay } from 'node:perf_hooks'
const delays = monitorEventLoopDelay({ resolution: 5 })
delays.enable()
process.on('SIGUSR2', () => { process.stderr.write('LOOP ' + delays.max / 1e6 + '\\n'); delays.reset() })`)}`

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Ordinary traffic, as every server has had: what engine and allocator keep of it belongs to a server that is idle. */
async function warmUp({ port, upstream }: Target): Promise<void> {
  const { answer } = upstream
  const text = 'abcd '.repeat(20_000)
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] })
  for (let at = 0; at < 30; at++) await Promise.all(Array.from({ length: 20 }, () => post(port, chat, body)))
  const event = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(1_000) } }] })
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    flood(response, upstream, Buffer.from(`data: ${event}\n\n`.repeat(60)), 24 * mebibyte)
  }
  await Promise.all(Array.from({ length: 10 }, () => readAll(port, chat, streamed, upstream, '')))
  upstream.answer = answer
  upstream.sent = 0
}

async function residentMiB(child: ChildProcess, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1_024
}

/** What an attack has cost. Figures of memory on Linux alone. */
export interface Damage {
  readonly isAlive: boolean
  readonly sentMiB: number
  /** Of the resident memory, beyond that of the server after ordinary traffic. */
  readonly grownMiB: number
  /** Of the event loop, with all that ran on this machine beside it. */
  readonly longestStepMs: number
  readonly livezP99Ms: number
  /** The first lines of answers, and their ends. */
  readonly answers: readonly string[]
}

export const attackNames = Object.keys(attacks)

/** Starts a server with a heap of 256 MB, attacks it, and asks it once more. */
export async function attackServer(name: string): Promise<Damage> {
  const attack = attacks[name]
  if (attack === undefined) throw new Error(`there is no attack ${name}`)
  answers.length = 0
  const folder = await mkdtemp(join(tmpdir(), 'weir-attack-'))
  const upstream = await startUpstream()
  const env = {
    ...compileCache,
    TOKEN: 'attack-token-1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    PATH: process.env.PATH ?? '',
    WEIR_CONFIG: JSON.stringify({
      providers: { up: { kind: 'custom', base_url: `${upstream.url}/v1`, api_key: 'up-key-12345678' } },
    }),
  }
  const child = spawn(process.execPath, ['--max-old-space-size=256', '--import', hook, commandLine, 'serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    let longestStepMs = Number.NaN
    const listening = Promise.withResolvers<number>()
    let tail = ''
    createInterface({ input: child.stderr }).on('line', (line) => {
      tail = `${tail}\n${line}`.slice(-400)
      const port = /http:\/\/[^/]+:(\d+)/.exec(line)?.[1]
      if (port !== undefined) listening.resolve(Number(port))
      if (line.startsWith('LOOP ')) longestStepMs = Number(line.slice(5))
    })
    child.once('exit', () => listening.reject(new Error(tail)))
    const port = await listening.promise
    const url = `http://127.0.0.1:${port}`
    const target = { port, url, upstream }
    await warmUp(target)
    // GraphQL is loaded at its first use.
    await post(port, '/graphql', '{"query":"{__typename}"}')
    answers.length = 0
    const idleMiB = await residentMiB(child, 'VmRSS')
    child.kill('SIGUSR2')
    const probes: number[] = []
    let isOver = false
    const probing = probe(url, probes, () => isOver || child.exitCode !== null || child.signalCode !== null)
    const sent = await attack(target)
    isOver = true
    await probing
    const grownMiB = (await residentMiB(child, 'VmHWM')) - idleMiB
    upstream.answer = answerBriefly
    const last = await fetch(`${url}${chat}`, { method: 'POST', headers: jsonHeaders, body: question }).catch(
      () => undefined,
    )
    child.kill('SIGUSR2')
    await fetch(`${url}/livez`).catch(() => {})
    probes.sort((left, right) => left - right)
    return {
      isAlive: last?.status === 200,
      sentMiB: sent / mebibyte,
      grownMiB,
      longestStepMs,
      livezP99Ms: probes[Math.floor(probes.length * 0.99)] ?? Number.NaN,
      answers: [...new Set(answers)],
    }
  } finally {
    child.kill('SIGKILL')
    upstream.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function probe(url: string, times: number[], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const began = performance.now()
    await fetch(`${url}/livez`, { signal: AbortSignal.timeout(60_000) })
      .then((answer) => answer.text())
      .catch(() => {})
    times.push(performance.now() - began)
    await pause(5)
  }
}
