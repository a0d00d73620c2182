import { runChild, runCommand } from './child.mjs'
import { ensureInstalled, ensurePage, ensureServer, findNode } from './setup.mjs'

// `node scripts/run.mjs FILE …` runs `node FILE …` after installing and building. Works in a fresh clone and on Node
// 20.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await ensureServer()
  const { code } = await runChild(findNode(), process.argv.slice(2))
  return code
})
