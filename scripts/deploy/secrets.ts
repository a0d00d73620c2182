import { randomBytes } from 'node:crypto'
import { type Environment, readVariable } from '../../src/config/environment.ts'
import { isLoopbackHost } from '../../src/core/loopback.ts'
import type { ProviderKind } from '../../src/providers/provider-kind.ts'
import { providerKinds } from '../../src/providers/provider-kinds.ts'
import {
  adminTokenProblem,
  type StringProblem,
  secretProblem,
  signingSecretProblem,
  tokenProblem,
} from '../../src/schema/text-problems.ts'
import { DeployError } from './deploy-error.ts'
import type { Terminal } from './terminal.ts'

/** The secrets that are uploaded with a version. */
export interface Secrets {
  readonly values: Readonly<Record<string, string>>
  /** The secrets that this run generated; the user has not seen them yet. */
  readonly made: Readonly<Record<string, string>>
  /** Messages to the user about secrets that are missing. */
  readonly notes: readonly string[]
}

/** The providers that take a key. */
const kinds: readonly ProviderKind[] = providerKinds.filter(({ kind }) => kind !== 'demo')

const providerVariables = kinds.flatMap(({ env }) => env)

/** The first variables that hold a provider's key. */
const providerKeys = providerVariables.filter(({ key }) => key === 'api_key').slice(0, 3)

/** The secrets of Weir itself, in the order of the questions. */
const ownSecrets = [
  { name: 'TOKEN', problem: tokenProblem, meaning: 'the secret that your callers send' },
  { name: 'ADMIN_TOKEN', problem: adminTokenProblem, meaning: 'the secret that opens the admin API' },
] as const

const signingSecret = 'CLIENT_TOKEN_SECRETS'

/**
 * Collects the secrets that the Worker lacks: from the environment, then by asking. `known` are the names that it has.
 * Rejects with DeployError if a secret is invalid, and if both TOKEN and ADMIN_TOKEN are missing: that Worker would
 * serve no caller.
 */
export async function collectSecrets({
  worker,
  env,
  known,
  replaces,
  terminal,
  isBuild,
}: {
  /** The Worker's name. */
  readonly worker: string
  readonly env: Environment
  readonly known: ReadonlySet<string>
  /** Whether the environment also replaces secrets that the Worker has. */
  readonly replaces: boolean
  readonly terminal: Terminal | undefined
  /** True in Cloudflare's own build. Its user enters secrets in the dashboard, perhaps later. */
  readonly isBuild: boolean
}): Promise<Secrets> {
  const values: Record<string, string> = {}
  const made: Record<string, string> = {}
  const isMissing = (name: string): boolean => !known.has(name) && values[name] === undefined
  const hasNoProvider = () => providerVariables.every(({ name }) => isMissing(name))
  const fromEnvironment = [
    ...ownSecrets,
    { name: signingSecret, problem: signingSecretsProblem },
    { name: 'CHALLENGE_SECRET', problem: secretProblem },
    ...providerVariables.map(({ name }) => ({ name, problem: secretProblem })),
  ]
  const local = new Set(providerVariables.filter((variable) => isOnThisMachine(variable, env)).map(({ name }) => name))
  for (const { name, problem } of fromEnvironment) {
    const value = local.has(name) ? undefined : readVariable(env, name)
    if (value !== undefined && (replaces || isMissing(name))) values[name] = checked(name, value, problem)
  }
  if (terminal !== undefined) {
    for (const { name, problem, meaning } of ownSecrets) {
      if (!isMissing(name)) continue
      const value = await askFor(terminal, `${name}, ${meaning}. Paste one, or press Enter to generate one: `, problem)
      values[name] = value ?? randomBytes(32).toString('hex')
      if (value === undefined) made[name] = values[name]
    }
    if (hasNoProvider()) Object.assign(values, await askForProvider(terminal))
  }
  if (values.TOKEN !== undefined && values.TOKEN === values.ADMIN_TOKEN)
    throw new DeployError(
      'ADMIN_TOKEN is the same as TOKEN, and must differ from it: make one with `openssl rand -hex 32`.',
    )
  const missing = ['TOKEN', 'ADMIN_TOKEN'].filter(isMissing)
  if (missing.length === 2 && !isBuild)
    throw new DeployError(
      `This Worker has no TOKEN, and without a terminal Weir cannot ask for one: set TOKEN, ADMIN_TOKEN and a provider’s key (${providerKeys.map(({ name }) => name).join(', ')}, …) in the environment and run \`npm run deploy\` again.`,
    )
  // No one needs to know it: it only signs the tokens of web pages. A later deployment keeps it.
  if (isMissing(signingSecret)) values[signingSecret] = randomBytes(32).toString('hex')
  return { values, made, notes: toNotes(worker, missing, hasNoProvider()) }
}

/** A Worker cannot reach a server on this machine, such as that of `OLLAMA_HOST`. */
function isOnThisMachine({ name, key, toValue }: ProviderKind['env'][number], env: Environment): boolean {
  const value = readVariable(env, name)
  const host = key === 'base_url' && value !== undefined ? URL.parse(toValue?.(value) ?? value)?.hostname : undefined
  return host !== undefined && isLoopbackHost(host)
}

/** Two secrets, separated by a comma, are valid during a rotation. */
function signingSecretsProblem(value: string): string | undefined {
  return value
    .split(',')
    .map((secret) => signingSecretProblem(secret.trim()))
    .find((problem) => problem !== undefined)
}

function checked(name: string, value: string, problem: StringProblem): string {
  const found = problem(value)
  if (found !== undefined) throw new DeployError(`${name} in the environment ${found}.`)
  return value
}

/** Asks until the reply is a valid secret. Returns undefined if the user only presses Enter. */
async function askFor(terminal: Terminal, question: string, problem: StringProblem): Promise<string | undefined> {
  for (;;) {
    const value = await terminal.ask(question, { isHidden: true })
    if (value === '') return undefined
    const found = problem(value)
    if (found === undefined) return value
    console.log(`It ${found}.`)
  }
}

async function askForProvider(terminal: Terminal): Promise<Readonly<Record<string, string>>> {
  const list = kinds.map(({ kind }, index) => `${index + 1} ${kind}`).join(', ')
  for (;;) {
    const answer = await terminal.ask(`A provider (${list}). Type its number, or press Enter to add one later: `)
    if (answer === '') return {}
    const chosen = kinds[Number(answer) - 1] ?? kinds.find(({ kind }) => kind === answer.toLowerCase())
    if (chosen === undefined) continue
    const values: Record<string, string> = {}
    const { default: defaultUrl, example = 'https://api.example.com/v1' } = chosen.baseUrl ?? {}
    const needsUrl = defaultUrl === undefined || isLoopbackHost(new URL(defaultUrl).hostname)
    const address = needsUrl ? chosen.env.find(({ key }) => key === 'base_url')?.name : undefined
    for (const { name, key } of chosen.env) {
      if (name === address) {
        const url = await terminal.ask(`${name}, such as ${example}: `)
        if (url !== '') values[name] = url
      }
      if (key !== 'api_key') continue
      const secret = await askFor(terminal, `${name}: `, secretProblem)
      if (secret !== undefined) values[name] = secret
    }
    return values
  }
}

function toNotes(worker: string, missing: readonly string[], hasNoProvider: boolean): readonly string[] {
  const put = (name: string): string =>
    `add it with \`npx wrangler secret put ${name} --name ${worker}\` or in the dashboard`
  const notes: string[] = []
  if (missing.includes('TOKEN'))
    notes.push(`The Worker has no TOKEN, and returns 401 to calls without one of its virtual keys: ${put('TOKEN')}.`)
  if (missing.includes('ADMIN_TOKEN'))
    notes.push(`The Worker has no ADMIN_TOKEN, so its admin API is closed: ${put('ADMIN_TOKEN')}.`)
  if (hasNoProvider) notes.push(`The Worker has no provider’s key: ${put('OPENAI_API_KEY')}.`)
  return notes
}
