import { createHash } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The WebSocket of https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/tail/ :
 * after the client's first message it sends these events and closes. RFC 6455.
 */
export function serveTail(server: Server, events: readonly object[]): void {
  server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
    const accept = createHash('sha1')
      .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    const response = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      `Sec-WebSocket-Protocol: ${headers['sec-websocket-protocol']}`,
    ]
    socket.write(`${response.join('\r\n')}\r\n\r\n`)
    socket.once('data', () => {
      for (const event of events) socket.write(toFrame(0x2, Buffer.from(JSON.stringify(event))))
      // 1000: normal closure.
      socket.write(toFrame(0x8, Buffer.from([0x03, 0xe8])))
      socket.on('data', () => socket.end())
    })
    socket.on('error', () => socket.destroy())
  })
}

/** Builds one unfragmented frame of up to 65,535 bytes. */
function toFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const size = length < 126 ? [length] : [126, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size]), payload])
}
