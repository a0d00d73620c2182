import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import type { JsonObject } from '../../src/core/json.ts'
import { type Cloudflare, readLogin } from './cloudflare.ts'
import { DeployError } from './deploy-error.ts'
import { settingsFile } from './settings.ts'
import type { Terminal } from './terminal.ts'
import { logIn, projectRoot } from './wrangler.ts'

/** Returns wrangler's login. On a terminal, the user can log in here. */
export async function logInOnce(terminal: Terminal | undefined): Promise<Readonly<Record<string, string>>> {
  const login = await readLogin()
  if (login !== undefined) return login
  if (terminal !== undefined) {
    const answer = await terminal.ask('You are not logged in to Cloudflare. Press Enter to log in with the browser: ')
    if (answer === '' && (await logIn())) {
      const fresh = await readLogin()
      if (fresh !== undefined) return fresh
    }
  }
  throw new DeployError(
    'You are not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN to a token that may edit Workers and D1, and run `npm run deploy` again.',
  )
}

/** Returns the account id: from the settings, from the environment, or from the login. */
export async function chooseAccount(
  cloudflare: Cloudflare,
  settings: JsonObject,
  terminal: Terminal | undefined,
): Promise<string> {
  const fromFile = typeof settings.account_id === 'string' ? settings.account_id : undefined
  const fromEnvironment = process.env.CLOUDFLARE_ACCOUNT_ID || readDotenv().CLOUDFLARE_ACCOUNT_ID || undefined
  if (fromFile !== undefined && fromEnvironment !== undefined && fromFile !== fromEnvironment)
    throw new DeployError(
      `${settingsFile} names the account ${fromFile}, but CLOUDFLARE_ACCOUNT_ID is ${fromEnvironment}: unset the variable, or move the file away to deploy to the other account.`,
    )
  const chosen = fromFile ?? fromEnvironment
  if (chosen !== undefined) return chosen
  const schema = z.array(z.object({ id: z.string(), name: z.string() }))
  const accounts = await cloudflare.call('list your accounts', 'GET', '/accounts?per_page=50', schema)
  const [first, ...others] = accounts
  if (first === undefined)
    throw new DeployError(
      'This login cannot list any account: set CLOUDFLARE_ACCOUNT_ID to the id in your dashboard’s URL (https://dash.cloudflare.com/<id>), and run `npm run deploy` again.',
    )
  if (others.length === 0) return first.id
  if (terminal === undefined)
    throw new DeployError(
      `This login has ${accounts.length} accounts: set CLOUDFLARE_ACCOUNT_ID to ${accounts.map(({ id, name }) => `${id} (${name})`).join(' or ')}, and run \`npm run deploy\` again.`,
    )
  for (const [index, account] of accounts.entries()) console.log(`${index + 1}  ${account.name}`)
  for (;;) {
    const account = accounts[Number(await terminal.ask('Which account? Type its number: ')) - 1]
    if (account !== undefined) return account.id
  }
}

/** Reads `.env`, where wrangler looks for its variables too. */
function readDotenv(): NodeJS.Dict<string> {
  const file = join(projectRoot, '.env')
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
}
