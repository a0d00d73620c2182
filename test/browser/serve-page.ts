import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

export interface ServedPage {
  /** `http://127.0.0.1:port`: another origin than the gateway's, since its port is another. */
  readonly origin: string
  close(): Promise<void>
}

/** A page with the official SDK in it, bundled as a front end would, from a server of its own. */
export async function servePage(): Promise<ServedPage> {
  const script = await bundle()
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><title>a page</title><script src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('page.ts', import.meta.url))
  const built = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'page', fileName: 'page' } },
  })) as Rolldown.RolldownOutput[]
  const chunk = built[0]?.output.find((file) => file.type === 'chunk')
  if (chunk === undefined) throw new Error('the page was not bundled')
  return chunk.code
}
