import { createServer as createHttpServer, request, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ProxyOptions {
  /** `user:password`; everybody may use it without. */
  readonly credentials?: string
  /** Takes connections and requests, and never answers. */
  readonly isSilent?: boolean
  /** Speaks TLS itself. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Where a host and port really are; nowhere without. */
  readonly hosts: ReadonlyMap<string, number>
}

/** An HTTP proxy on loopback: CONNECT tunnels, and requests with an absolute target. */
export interface TestProxy {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  /** The first line of each request, with its `proxy-authorization`. */
  readonly seen: readonly { readonly line: string; readonly authorization: string | undefined }[]
  /** All that passed through tunnels towards upstreams, as it came. */
  readonly tunnelled: () => string
  close(): void
}

export async function startProxy({ credentials, isSilent = false, tls, hosts }: ProxyOptions): Promise<TestProxy> {
  const seen: { line: string; authorization: string | undefined }[] = []
  const sockets = new Set<Socket>()
  let tunnelled = ''
  const expected = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
  const server: Server = tls === undefined ? createHttpServer() : createHttpsServer(tls)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.on('connect', ({ url = '', headers }, socket: Socket) => {
    const authorization = headers['proxy-authorization']
    seen.push({ line: `CONNECT ${url}`, authorization })
    socket.on('error', () => undefined)
    if (isSilent) return
    if (expected !== undefined && authorization !== expected)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n')
    const port = hosts.get(url)
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.on('data', (bytes) => {
        tunnelled += bytes.toString('latin1')
      })
      socket.pipe(upstream).pipe(socket)
    })
    sockets.add(upstream)
    upstream.on('error', () => socket.destroy())
  })
  server.on('request', (incoming, response) => {
    const { method = '', url = '', headers } = incoming
    const { 'proxy-authorization': authorization, ...others } = headers
    seen.push({ line: `${method} ${url}`, authorization })
    if (isSilent) return
    if (expected !== undefined && authorization !== expected) return void response.writeHead(407).end()
    const target = new URL(url)
    const port = hosts.get(target.host)
    if (port === undefined) return void response.writeHead(502).end()
    const onward = request({ port, host: '127.0.0.1', method, path: target.pathname + target.search, headers: others })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    tunnelled: () => tunnelled,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
