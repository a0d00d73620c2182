import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Pool } from 'undici'
import { providerKey } from '../gateways/bench-secrets.ts'
import { listenAndPrint } from '../machine/listen-and-print.ts'

/**
 * A minimal relay on Node: `node:http` in, undici's `dispatch` out, bytes straight to the socket. No checks, no log.
 */
const pool = new Pool(process.env.UPSTREAM ?? '', { headersTimeout: 0, bodyTimeout: 0 })

listenAndPrint(
  createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => relay(request, Buffer.concat(parts), response))
  }),
)

function relay(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  let isStream = false
  let chunks: Buffer[] = []
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${providerKey}` }
  pool.dispatch(
    { method: 'POST', path: request.url ?? '/', headers, body },
    {
      onRequestStart(controller) {
        response.once('close', () => {
          if (!response.writableFinished) controller.abort(new Error('the caller disconnected'))
        })
        response.on('drain', () => controller.resume())
      },
      onResponseStart(_controller, status, upstream) {
        const type = String(upstream['content-type'])
        isStream = type.startsWith('text/event-stream')
        if (isStream) response.writeHead(status, { 'content-type': type })
        else response.writeHead(status, { 'content-type': type, 'content-length': String(upstream['content-length']) })
      },
      onResponseData(controller, chunk) {
        if (!isStream) chunks.push(chunk)
        else if (!response.write(chunk)) controller.pause()
      },
      onResponseEnd() {
        response.end(isStream ? undefined : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
        chunks = []
      },
      onResponseError: () => void response.destroy(),
    },
  )
}
