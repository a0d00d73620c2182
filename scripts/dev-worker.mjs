import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './ensure-installed.mjs'
import { ensurePage } from './ensure-page.mjs'
import { findNode } from './find-node.mjs'
import { projectRoot } from './project-root.mjs'
import { runChild } from './run-child.mjs'
import { runCommand } from './run-command.mjs'

const wrangler = join(projectRoot, 'node_modules/wrangler/bin/wrangler.js')

const quietWrangler = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  // The banner asks the registry for a newer version.
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // TOKEN, OPENAI_API_KEY and the others work from the environment, as with `npm start`.
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
}

/** Wrangler lists the whole environment as bindings of the Worker. */
const listOfBindings = /^(Your Worker has access to|Binding +Resource|env\.)/

// `npm run dev:worker`: the same app in workerd on this machine, without an account and without a word to the internet.
await runCommand(async () => {
  await ensureInstalled()
  await ensurePage()
  const { HOST = '127.0.0.1', PORT = '8787' } = process.env
  const args = ['dev', '--local', '--ip', HOST, '--port', PORT, ...process.argv.slice(2)]
  const env = { ...newcomerDefaults(HOST), ...process.env, ...quietWrangler }
  const { code } = await runChild(findNode(), [wrangler, ...args], { env, hide: listOfBindings })
  return code
})

/** As with `npm start`: where nothing is configured, this machine alone gets the demo, without a token. A deployed Worker does not. */
function newcomerDefaults(host) {
  const isConfigured = ['.dev.vars', '.env'].some((name) => existsSync(join(projectRoot, name)))
  if (isConfigured || !['127.0.0.1', 'localhost', '::1'].includes(host)) return {}
  const { TOKEN, OPENAI_API_KEY, DEEPINFRA_API_KEY } = process.env
  return { ...(!TOKEN && { ALLOW_ANONYMOUS: 'true' }), ...(!OPENAI_API_KEY && !DEEPINFRA_API_KEY && { DEMO: 'true' }) }
}
