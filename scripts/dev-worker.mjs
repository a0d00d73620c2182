import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { projectRoot } from './project-root.mjs'
import { runCommand } from './run-command.mjs'
import { runWrangler } from './run-wrangler.mjs'

const localWrangler = {
  // Otherwise it asks Cloudflare for a sample of `request.cf`.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // TOKEN, OPENAI_API_KEY and the others work from the environment, as with `npm start`.
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
}

/** Wrangler lists the whole environment as bindings of the Worker. */
const listOfBindings = /^(Your Worker has access to|Binding +Resource|env\.)/

/** Each of them names a provider or a rule of the operator's own. */
const settings =
  /^(TOKEN|ALLOW_ANONYMOUS|WEIR_CONFIG|(OPENAI|DEEPINFRA|AZURE_OPENAI|CUSTOM)_(API_KEY|BASE_URL|ENDPOINT))$/

// `npm run dev:worker`: the same app in workerd on this machine, without an account and without a word to the internet.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  await migrate()
  const { HOST = '127.0.0.1', PORT = '8787' } = process.env
  const args = ['dev', '--local', '--ip', HOST, '--port', PORT, ...process.argv.slice(2)]
  const env = { ...newcomerDefaults(HOST), ...process.env, ...localWrangler }
  const { code } = await runWrangler(args, { env, hide: listOfBindings })
  return code
})

/** Brings the local database, below .wrangler/, up to date. */
async function migrate() {
  const { code, output } = await runWrangler(['d1', 'migrations', 'apply', 'DB', '--local'], { quiet: true })
  if (code !== 0) throw new Error(`${output}\nThe local database could not be brought up to date.`)
}

/** As with `npm start`: where nothing is configured, this machine gets the demo, without a token. With a key, any page could spend it. */
function newcomerDefaults(host) {
  const isConfigured =
    ['.dev.vars', '.env'].some((name) => existsSync(join(projectRoot, name))) ||
    Object.entries(process.env).some(([name, value]) => settings.test(name) && value !== '')
  const isOpen = ['127.0.0.1', 'localhost', '::1'].includes(host) && !isConfigured
  return isOpen ? { ALLOW_ANONYMOUS: 'true', DEMO: 'true' } : {}
}
