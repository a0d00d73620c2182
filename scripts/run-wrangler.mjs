import { join } from 'node:path'
import { findNode } from './find-node.mjs'
import { projectRoot } from './project-root.mjs'
import { runChild } from './run-child.mjs'

const wrangler = join(projectRoot, 'node_modules/wrangler/bin/wrangler.js')

const quietWrangler = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  // The banner asks the registry for a newer version.
  WRANGLER_HIDE_BANNER: 'true',
}

/** Runs wrangler without a word to anybody but Cloudflare's API; options are those of runChild. */
export function runWrangler(args, { env = process.env, ...options } = {}) {
  return runChild(findNode(), [wrangler, ...args], { ...options, env: { ...env, ...quietWrangler } })
}
