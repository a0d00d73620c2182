import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './project-root.mjs'

const bundledNode = join(projectRoot, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** A Node that runs TypeScript as it stands: the one that came with `npm ci`, else the one that runs this, if it is new enough. */
export function findNode() {
  if (isBundledNodeUsable()) return bundledNode
  if (isNewEnough(process.versions.node)) return process.execPath
  throw new Error(
    `Weir needs Node 22.19 or later and this is ${process.versions.node}. ` +
      'The Node 24 that npm installs with Weir is missing or does not run here; `ignore-scripts` in an .npmrc prevents it. ' +
      'Try `npm rebuild node`, or install Node 24.',
  )
}

/** Runs it, since a folder that moved between machines (a container's, say) may hold another platform's binary. */
export function isBundledNodeUsable() {
  return spawnSync(bundledNode, ['--version']).status === 0
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}
