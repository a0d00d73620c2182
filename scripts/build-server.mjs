import { buildServer } from './ensure-server.mjs'
import { runCommand } from './run-command.mjs'

// For the published package.
await runCommand(async () => {
  await buildServer()
  return 0
})
