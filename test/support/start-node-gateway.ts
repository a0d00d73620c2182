import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { createLogBook } from './log-book.ts'

/** Starts Weir on Node in this process. */
export async function startNodeGateway({ env = {}, config }: GatewayOptions = {}): Promise<Gateway> {
  const log = createLogBook()
  const server = await createNodeServer({
    env: { STORAGE_PATH: 'none', ...env },
    ...(config === undefined ? {} : { config }),
    log: log.add,
  })
  const { port } = await server.listen(0, '127.0.0.1')
  return {
    runtime: 'node',
    url: `http://127.0.0.1:${port}`,
    logs: () => log.lines,
    findLog: log.find,
    output: () => log.text,
    faults: () => log.lines.filter((line) => line.error_code === 'internal').map((line) => JSON.stringify(line)),
    // After a test, no caller is left to drain for.
    close: () => server.close(0),
  }
}
