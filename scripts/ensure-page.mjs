import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findNode } from './find-node.mjs'
import { newestChange } from './newest-change.mjs'
import { projectRoot } from './project-root.mjs'
import { runChild } from './run-child.mjs'

const sourceFolder = join(projectRoot, 'dashboard')
const builtPage = join(projectRoot, 'dist/dashboard/index.html')

/** Builds the page where it is missing or older than its sources. A checkout without the page's sources is left alone. */
export async function ensurePage() {
  if (!existsSync(sourceFolder)) return
  if (existsSync(builtPage) && statSync(builtPage).mtimeMs >= newestChange(sourceFolder)) return
  console.log('Building the page …')
  const vite = join(projectRoot, 'node_modules/vite/bin/vite.js')
  const { code, output } = await runChild(findNode(), [vite, 'build', 'dashboard'], { quiet: true })
  if (code !== 0) throw new Error(`${output}\nBuilding the page failed; what Vite said is above.`)
}
