import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { ensureServer } from './ensure-server.mjs'
import { runCommand } from './run-command.mjs'

// What every command that serves or deploys needs first: packages, the page and the server as JavaScript.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await ensureServer()
  return 0
})
