import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Settings } from '../../../config/settings.ts'
import { isInRanges, parseIpAddress } from '../../../core/ip-address.ts'
import { isLoopbackAddress } from '../../../core/loopback.ts'

/**
 * Keeps the connections of a server within `server.max_connections`, and those of one client within `server.max_connections_per_address`: further
 * ones are closed at once (case D16, S64). `tell` is told of it, once a minute at most.
 */
export function limitConnections(server: Server, settings: Settings, tell: (what: string) => void): void {
  const { maxConnections, maxConnectionsPerAddress } = settings.server
  const counts = new Map<string, number>()
  let toldAt = Number.NEGATIVE_INFINITY

  function tellSometimes(what: string): void {
    const now = performance.now()
    if (now - toldAt < 60_000) return
    toldAt = now
    tell(what)
  }

  server.maxConnections = maxConnections
  server.on('drop', () => tellSometimes(`over ${maxConnections} connections (server.max_connections)`))
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined || isShared(address, settings)) return
    const count = (counts.get(address) ?? 0) + 1
    counts.set(address, count)
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1
      if (left === 0) counts.delete(address)
      else counts.set(address, left)
    })
    if (count <= maxConnectionsPerAddress) return
    socket.destroy()
    tellSometimes(`over ${maxConnectionsPerAddress} connections of ${address} (server.max_connections_per_address)`)
  })
}

/** This machine, and a proxy that the operator trusts, connect for many clients. */
function isShared(text: string, { access }: Settings): boolean {
  if (isLoopbackAddress(text)) return true
  const address = parseIpAddress(text)
  return address !== undefined && isInRanges(address, access.trustedProxies)
}
