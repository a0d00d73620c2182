import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { runCommand } from './run-command.mjs'

// What every command that serves or deploys needs first: packages and the page.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  return 0
})
