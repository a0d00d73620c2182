import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { runCommand } from './run-command.mjs'
import { runWrangler } from './run-wrangler.mjs'

/** As wrangler.jsonc names it. */
const database = 'weir'

// `npm run deploy`: to Cloudflare, with the schema of the database brought up to date.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  const deploy = ['deploy']
  const migrate = ['d1', 'migrations', 'apply', 'DB', '--remote']
  // The release before runs on the newer schema (migrations/README.md), so that goes first. Only the very first deployment makes the
  // database and the bucket itself, and can fill them no earlier.
  const steps = (await hasDatabase()) ? [migrate, deploy] : [deploy, migrate]
  for (const step of steps) {
    const { code } = await runWrangler(step)
    if (code !== 0) return code
  }
  return 0
})

async function hasDatabase() {
  const { code, output } = await runWrangler(['d1', 'list', '--json'], { quiet: true })
  if (code !== 0) {
    throw new Error(
      `${output}\nCloudflare could not be asked for your databases. Log in with \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN to a token that may edit Workers, D1 and R2.`,
    )
  }
  return JSON.parse(output.slice(output.indexOf('['))).some(({ name }) => name === database)
}
