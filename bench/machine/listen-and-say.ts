import type { AddressInfo, Server } from 'node:net'

/** Listens on a free port of loopback and prints where, for the process that started this one. */
export function listenAndSay(server: Server): void {
  server.listen(0, '127.0.0.1', 1_024, () => {
    const { port } = server.address() as AddressInfo
    process.stdout.write(`ready: http://127.0.0.1:${port}\n`)
  })
}
