import type { Server } from 'node:http'

/**
 * A loopback address at which nothing listens. The port of a server that was closed is not one: the system may give it
 * to another test at once. This one is below the ports that the system gives, and not on fetch's list of blocked ports
 * (https://fetch.spec.whatwg.org/#port-blocking).
 */
export const closedAddress = '127.0.0.1:2'

/** Drops the open connections of a server and each new one, and keeps its port. Returns a function that ends it. */
export function dropConnections(server: Server): () => void {
  const drop = (socket: { destroy(): unknown }) => void socket.destroy()
  server.on('connection', drop)
  server.closeAllConnections()
  return () => void server.off('connection', drop)
}
