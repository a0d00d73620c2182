import type { AddressInfo, Server } from 'node:net'

/** Listens on a free loopback port and prints its URL for the parent process. */
export function listenAndPrint(server: Server): void {
  server.listen(0, '127.0.0.1', 1_024, () => {
    const { port } = server.address() as AddressInfo
    process.stdout.write(`ready: http://127.0.0.1:${port}\n`)
  })
}
