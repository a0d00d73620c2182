import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { createLogBook } from './log-book.ts'

/** Weir on Node, in this process. */
export async function startNodeGateway({ env = {}, config }: GatewayOptions = {}): Promise<Gateway> {
  const book = createLogBook()
  const server = await createNodeServer({
    env: { STORAGE_PATH: 'none', ...env },
    ...(config === undefined ? {} : { config }),
    log: book.add,
  })
  const { port } = await server.listen(0, '127.0.0.1')
  return {
    runtime: 'node',
    url: `http://127.0.0.1:${port}`,
    logs: () => book.lines,
    findLog: book.find,
    output: () => book.text,
    faults: () => book.lines.filter((line) => line.error_code === 'internal').map((line) => JSON.stringify(line)),
    // A test that is over has nobody left to drain for.
    close: () => server.close(0),
  }
}
