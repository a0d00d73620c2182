import { createServer as createPlainServer, type Server } from 'node:net'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chatCompletion } from '../support/fixtures.ts'
import { type Gateway, gatewayToken, upstreamKey } from '../support/gateway.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { type Certificate, createCertificate, hasOpenSsl } from './create-certificate.ts'
import { sendChat } from './send-chat.ts'

const loopback = 'IP:127.0.0.1'
const defaultAuthorities = getCACertificates()

describe.runIf(await hasOpenSsl())('an upstream behind TLS, on Node', () => {
  const servers: Server[] = []
  const gateways: Gateway[] = []
  let received = ''
  let connections = 0

  beforeEach(() => {
    received = ''
    connections = 0
  })
  afterEach(async () => {
    setDefaultCACertificates(defaultAuthorities)
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()))
    for (const server of servers.splice(0)) server.close()
  })

  async function listen(server: Server): Promise<number> {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Starts a server that responds to every request, and stores the bytes that it receives. */
  async function startTlsServer({ certificate, key }: Certificate): Promise<number> {
    const server = createServer({ cert: certificate, key }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes: Buffer) => {
        received += bytes.toString('latin1')
        const body = JSON.stringify(chatCompletion)
        socket.end(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        )
      })
    })
    server.on('connection', () => connections++)
    return listen(server)
  }

  async function call(port: number) {
    const env = { OPENAI_API_KEY: upstreamKey, OPENAI_BASE_URL: `https://127.0.0.1:${port}/v1`, TOKEN: gatewayToken }
    const gateway = await startNodeGateway({ env })
    gateways.push(gateway)
    const response = await (await sendChat(gateway, { stream: false })).readResponse()
    return { status: response.status, body: JSON.parse(response.text) as unknown, text: response.text }
  }

  test('R28 Weir calls an upstream whose certificate is trusted, valid and for its name', async () => {
    const certificate = await createCertificate({ subject: loopback, days: 1 })
    setDefaultCACertificates([certificate.certificate])
    expect(await call(await startTlsServer(certificate))).toMatchObject({ status: 200 })
    expect(received).toContain(upstreamKey)
  })

  test.each([
    { name: 'self-signed', options: { subject: loopback, days: 1 }, isTrusted: false },
    { name: 'expired', options: { subject: loopback, days: -1 }, isTrusted: true },
    { name: 'for another name', options: { subject: 'DNS:weir.test', days: 1 }, isTrusted: true },
  ])('R28 an upstream receives no byte of the call if its certificate is $name', async ({ options, isTrusted }) => {
    const certificate = await createCertificate(options)
    if (isTrusted) setDefaultCACertificates([certificate.certificate])
    const { status, body, text } = await call(await startTlsServer(certificate))
    expect(status).toBe(502)
    expect(body).toMatchObject({ error: { code: 'upstream_tls_error', type: 'upstream_error' } })
    expect(text).not.toMatch(/CERT_|self.signed|127\.0\.0\.1/i)
    expect(received).toBe('')
    expect(connections).toBe(1)
  })

  test.each([
    { name: 'resets', greet: (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy() },
    {
      name: 'replies in plain text',
      greet: (socket: { end(bytes: string): void }) => socket.end('HTTP/1.1 400 No\r\n\r\n'),
    },
  ])('R28 Weir connects once, and sends no plain text, if the upstream $name in the handshake', async ({ greet }) => {
    const port = await listen(
      createPlainServer((socket) => {
        connections++
        socket.on('error', () => undefined)
        socket.once('data', (bytes: Buffer) => {
          received += bytes.toString('latin1')
          greet(socket)
        })
      }),
    )
    const { status, body } = await call(port)
    expect(status).toBe(502)
    expect(body).toMatchObject({ error: { type: 'upstream_error' } })
    expect(received).not.toContain('POST')
    expect(received).not.toContain(upstreamKey)
    expect(connections).toBe(1)
  })
})
