import { createServer as createHttpServer, request, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ProxyOptions {
  /** `user:password`; if left out, the proxy needs no authentication. */
  readonly credentials?: string
  /** Accepts connections and requests, and never responds. */
  readonly isSilent?: boolean
  /** Certificate of a proxy that serves TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Local port by `host:port`. The proxy returns 502 for any other host. */
  readonly hosts: ReadonlyMap<string, number>
}

/** An HTTP proxy on loopback, with CONNECT tunnels and requests with an absolute target. */
export interface TestProxy {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  /** The first line of each request, with its `proxy-authorization`. */
  readonly seen: readonly { readonly line: string; readonly authorization: string | undefined }[]
  /** Returns all bytes sent through tunnels to upstreams. */
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
    const forwarded = request({
      port,
      host: '127.0.0.1',
      method,
      path: target.pathname + target.search,
      headers: others,
    })
    forwarded.on('response', (upstreamResponse) => {
      response.writeHead(upstreamResponse.statusCode ?? 500, upstreamResponse.headers)
      upstreamResponse.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    incoming.pipe(forwarded)
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
