import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { GatewayName } from '../gateways/gateway.ts'

/** The manifests of the packages to install, by their folder below `bench/peers/`. git ignores these folders. */
const manifests = {
  bun: { dependencies: { bun: '1.4.5' }, allowScripts: { bun: true } },
  portkey: { dependencies: { '@portkey-ai/gateway': '1.15.2' } },
  // With npm's default, 1.19, every stream of Portkey fails with 500 ("TypeError: immutable").
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

/** Installs the npm packages that a gateway needs, unless they are installed. */
export async function installPeer(name: GatewayName, say: (line: string) => void): Promise<void> {
  const folder = folders[name]
  if (folder === undefined) return
  const path = peerPath(folder)
  const manifest = JSON.stringify({ private: true, ...manifests[folder] }, undefined, 2)
  if (readText(join(path, 'installed.json')) === manifest) return
  say(`installing ${Object.keys(manifests[folder].dependencies)} into bench/peers/${folder}`)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), manifest)
  const [command = 'npm', ...args] = npmCommand()
  await promisify(execFile)(command, [...args, 'install', '--no-audit', '--no-fund'], { cwd: path })
  writeFileSync(join(path, 'installed.json'), manifest)
}

/** Returns a path below the folder of a peer. */
export function peerPath(folder: keyof typeof manifests, file = ''): string {
  return join(fileURLToPath(new URL(folder, import.meta.url)), file)
}

/**
 * Returns the command that runs npm. npm puts its script's path into the environment; a bare `npm` needs a shell on
 * Windows.
 */
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
