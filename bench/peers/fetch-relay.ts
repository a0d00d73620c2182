import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { providerKey } from '../gateways/bench-secrets.ts'
import { listenAndSay } from '../machine/listen-and-say.ts'

/** The relay that most would write: `node:http` in, global `fetch` out. No checks, no log. */
const upstream = process.env.UPSTREAM ?? ''

listenAndSay(
  createServer((request, response) => {
    relay(request, response).catch(() => response.destroy())
  }),
)

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const answer = await fetch(upstream + request.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${providerKey}` },
    body: Buffer.concat(parts),
    signal: gone.signal,
  })
  const type = answer.headers.get('content-type') ?? ''
  if (!type.startsWith('text/event-stream') || answer.body === null) {
    const body = Buffer.from(await answer.arrayBuffer())
    response.writeHead(answer.status, { 'content-type': type, 'content-length': body.length }).end(body)
    return
  }
  response.writeHead(answer.status, { 'content-type': type })
  for await (const chunk of answer.body) {
    if (!response.write(chunk)) await once(response, 'drain')
  }
  response.end()
}
