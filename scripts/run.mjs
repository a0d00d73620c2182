import { runChild, runCommand } from './child.mjs'
import { ensureInstalled, ensurePage, ensureServer, findNode } from './setup.mjs'

// `node scripts/run.mjs FILE …` does what `node FILE …` does, once all that it needs is there: in a fresh clone and on Node 20, too.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await ensureServer()
  const { code } = await runChild(findNode(), process.argv.slice(2))
  return code
})
