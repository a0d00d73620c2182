import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, type Rolldown } from 'vite'
import { compileScript, parse } from 'vue/compiler-sfc'

export const examples = fileURLToPath(new URL('../../examples/pages/', import.meta.url))

/** The address that the examples and documents use for a server of Weir. */
const address = 'https://ai.example.com'

export type Files = ReadonlyMap<string, string>

/** Reads an example as it is, for the one that needs no build. */
export async function readExample(name: string): Promise<Files> {
  const folder = join(examples, name)
  const names = await readdir(folder)
  return new Map(
    await Promise.all(names.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const)),
  )
}

/** Bundles an example with Vite, as its users do. */
export async function bundleExample(name: string): Promise<Files> {
  const { output } = (await build({
    root: join(examples, name),
    configFile: false,
    logLevel: 'silent',
    plugins: [vue],
    // Vitest sets NODE_ENV, from which Vite would choose React's runtime for development.
    oxc: { jsx: { development: false } },
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    build: { write: false, modulePreload: { polyfill: false } },
  })) as Rolldown.RolldownOutput
  return new Map(
    output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : new TextDecoder().decode(toBytes(file))]),
  )
}

function toBytes({ source }: Rolldown.OutputAsset): Uint8Array {
  return typeof source === 'string' ? new TextEncoder().encode(source) : source
}

/** Compiles components, as @vitejs/plugin-vue does. */
const vue: Plugin = {
  name: 'vue',
  transform(code, id) {
    if (!id.endsWith('.vue')) return undefined
    return compileScript(parse(code).descriptor, { id: 'example', inlineTemplate: true, isProd: true }).content
  },
}

/**
 * An origin of this machine that forwards to the page's server. Weir must know it before that server can start, and
 * the system may give a port that was free a moment ago to another test.
 */
export interface PageOrigin {
  readonly url: string
  forwardTo(port: number): void
  close(): void
}

export async function openOrigin(): Promise<PageOrigin> {
  let target = 0
  const sockets = new Set<Socket>()
  const server = createServer((incoming) => {
    const outgoing = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo(port) {
      target = port
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

export interface ServedExample {
  close(): Promise<void>
}

/** Serves the files from the backend of the examples, at the origin, for this server of Weir and its key. */
export async function serveExample(
  files: Files,
  { origin, weirUrl, key }: { readonly origin: PageOrigin; readonly weirUrl: string; readonly key: string },
): Promise<ServedExample> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-page-'))
  for (const [name, text] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text.replaceAll(address, weirUrl))
  }
  const child = spawn(process.execPath, [join(examples, 'server.mjs'), folder], {
    env: { WEIR_URL: weirUrl, WEIR_KEY: key, PORT: '0', ORIGIN: origin.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])
  const port = /port (\d+)/.exec(String(line))?.[1]
  if (port === undefined) throw new Error(`the page’s server printed ${line}`)
  origin.forwardTo(Number(port))
  return {
    async close() {
      child.kill()
      await exited
      await rm(folder, { recursive: true })
    },
  }
}
