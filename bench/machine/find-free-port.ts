import { type AddressInfo, createServer } from 'node:net'

/** Finds a free port, for programs that do not accept port 0. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
