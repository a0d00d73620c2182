import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { GatewayName } from '../gateways/gateway.ts'

/** What npm is asked for, by the folder below `bench/peers/` where it goes. git ignores these folders. */
const manifests = {
  bun: { dependencies: { bun: '1.4.5' }, allowScripts: { bun: true } },
  portkey: { dependencies: { '@portkey-ai/gateway': '1.15.2' } },
  // With the one that npm takes, 1.19, every stream of Portkey is a 500 ("TypeError: immutable").
  'portkey-1.14': {
    dependencies: { '@portkey-ai/gateway': '1.15.2' },
    overrides: { '@hono/node-server': '1.14.1' },
  },
}

const folders: Partial<Record<GatewayName, keyof typeof manifests>> = {
  bun: 'bun',
  'bun-bare': 'bun',
  portkey: 'portkey',
  'portkey-1.14': 'portkey-1.14',
}

/** Installs what a gateway needs from npm, if it needs anything that is not there yet. */
export async function installPeer(name: GatewayName, say: (line: string) => void): Promise<void> {
  const folder = folders[name]
  if (folder === undefined) return
  const path = peerPath(folder)
  const text = JSON.stringify({ private: true, ...manifests[folder] }, undefined, 2)
  if (readText(join(path, 'installed.json')) === text) return
  say(`installing ${Object.keys(manifests[folder].dependencies)} into bench/peers/${folder}`)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), text)
  const [command = 'npm', ...args] = npmCommand()
  await promisify(execFile)(command, [...args, 'install', '--no-audit', '--no-fund'], { cwd: path })
  writeFileSync(join(path, 'installed.json'), text)
}

/** A path below the folder of a peer. */
export function peerPath(folder: keyof typeof manifests, file = ''): string {
  return join(fileURLToPath(new URL(folder, import.meta.url)), file)
}

/** npm names its own script in the environment; a bare `npm` needs a shell on Windows. */
export function npmCommand(): readonly string[] {
  const script = process.env.npm_execpath
  if (script !== undefined && basename(script) === 'npm-cli.js') return [process.execPath, script]
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm']
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
