import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { builtServer, ensureServer } from './ensure-server.mjs'
import { findNode } from './find-node.mjs'
import { nodeFlags } from './node-flags.mjs'
import { runChild } from './run-child.mjs'
import { runCommand } from './run-command.mjs'

// `npm start`, also in a fresh clone and on Node 20. Arguments go to `weir serve`.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await ensureServer()
  const args = [...nodeFlags, builtServer, 'serve', ...process.argv.slice(2)]
  const { code } = await runChild(findNode(), args)
  return code
})
