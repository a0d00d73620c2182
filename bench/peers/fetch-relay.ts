import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { providerKey } from '../gateways/bench-secrets.ts'
import { listenAndPrint } from '../machine/listen-and-print.ts'

/** A typical simple relay: `node:http` in, global `fetch` out. No checks, no log. */
const upstream = process.env.UPSTREAM ?? ''

listenAndPrint(
  createServer((request, response) => {
    relay(request, response).catch(() => response.destroy())
  }),
)

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const disconnected = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) disconnected.abort()
  })
  const received = await fetch(upstream + request.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${providerKey}` },
    body: Buffer.concat(parts),
    signal: disconnected.signal,
  })
  const type = received.headers.get('content-type') ?? ''
  if (!type.startsWith('text/event-stream') || received.body === null) {
    const body = Buffer.from(await received.arrayBuffer())
    response.writeHead(received.status, { 'content-type': type, 'content-length': body.length }).end(body)
    return
  }
  response.writeHead(received.status, { 'content-type': type })
  for await (const chunk of received.body) {
    if (!response.write(chunk)) await once(response, 'drain')
  }
  response.end()
}
