import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { GatewayName } from '../gateways/gateway.ts'
import { peerPath } from '../peers/install-peer.ts'
import type { Tools } from './find-tools.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Returns the versions of all programs in a run with these gateways. */
export function readVersions(
  gateways: readonly GatewayName[],
  { nginx, wrk }: Tools,
): Readonly<Record<string, string>> {
  const has = (...names: readonly GatewayName[]) => names.some((name) => gateways.includes(name))
  return {
    weir: readCommit(),
    node: process.versions.node,
    undici: readVersion(createRequire(import.meta.url).resolve('undici/package.json')),
    'undici behind fetch': process.versions.undici ?? 'unknown',
    ...(wrk !== undefined && { wrk }),
    ...(has('nginx') && nginx !== undefined && { nginx }),
    ...(has('bun', 'bun-bare') && { bun: readVersion(peerPath('bun', 'node_modules/bun/package.json')) }),
    ...(has('workerd') && { workerd: readWorkerdVersion() }),
    ...(has('portkey', 'portkey-1.14') && readPortkeyVersions(has('portkey') ? 'portkey' : 'portkey-1.14')),
  }
}

function readPortkeyVersions(folder: 'portkey' | 'portkey-1.14'): Record<string, string> {
  const versionOf = (name: string) => readVersion(peerPath(folder, `node_modules/${name}/package.json`))
  return { portkey: versionOf('@portkey-ai/gateway'), '@hono/node-server': versionOf('@hono/node-server') }
}

function readWorkerdVersion(): string {
  const wrangler = createRequire(import.meta.url).resolve('wrangler')
  return readVersion(createRequire(wrangler).resolve('workerd/package.json'))
}

function readVersion(manifest: string): string {
  try {
    const { version = 'unknown' }: { version?: string } = JSON.parse(readFileSync(manifest, 'utf8'))
    return version
  } catch {
    return 'unknown'
  }
}

/** Returns the measured commit, and whether `src` has uncommitted changes. */
function readCommit(): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? ''
  const commit = git('rev-parse', '--short', 'HEAD')
  if (commit === '') return 'unknown'
  return git('status', '--porcelain', '--', 'src') === '' ? commit : `${commit} with changes`
}
