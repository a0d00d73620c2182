import { ConfigError } from '../../config/config-error.ts'
import { type Environment, isVariable } from '../../config/environment.ts'

/** Bindings of wrangler.jsonc that are no variables, whatever methods they have. */
const stores: ReadonlySet<string> = new Set(['DB', 'IMAGES', 'LEDGER', 'ASSETS'])

/**
 * The variables of a Worker: text, numbers and truth values as they stand, and secrets of the Secrets Store, whose bindings are asked for them. A
 * promise only where there are such bindings. Rejects with ConfigError that names each secret which the store does not give.
 *
 * A binding of the store cannot be told from one of another Worker, which has any method that is asked for. So only those are asked that a setting
 * names: a variable of Weir's own, or a word of the configuration.
 */
export function readVariables(env: Environment): Environment | Promise<Environment> {
  const plain = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => isPlain(value) || isConfig(name, value)),
  )
  const bound = Object.entries(env).flatMap(([name, value]) =>
    stores.has(name) || !isSecret(value) ? [] : [{ name, secret: value }],
  )
  return bound.length === 0 ? plain : readBound(plain, bound)
}

/** As Cloudflare's types have it. */
interface BoundSecret {
  readonly name: string
  readonly secret: Pick<SecretsStoreSecret, 'get'>
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** In wrangler's `vars` the configuration may be an object. */
function isConfig(name: string, value: unknown): boolean {
  return name === 'WEIR_CONFIG' && typeof value === 'object' && value !== null && !isSecret(value)
}

function isSecret(value: unknown): value is Pick<SecretsStoreSecret, 'get'> {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function'
}

async function readBound(plain: Environment, bound: readonly BoundSecret[]): Promise<Environment> {
  const withConfig = { ...plain, ...(await readSecrets(bound.filter(({ name }) => name === 'WEIR_CONFIG'))) }
  const { WEIR_CONFIG: config = '' } = withConfig as { readonly WEIR_CONFIG?: unknown }
  const words = new Set((typeof config === 'string' ? config : JSON.stringify(config)).match(/\w+/g))
  const named = bound.filter(({ name }) => name !== 'WEIR_CONFIG' && (isVariable(name) || words.has(name)))
  return { ...withConfig, ...(await readSecrets(named)) }
}

async function readSecrets(bound: readonly BoundSecret[]): Promise<Readonly<Record<string, string>>> {
  const answers = await Promise.all(bound.map(readSecret))
  const problems = answers.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.fromEntries(answers.map(({ name, value = '' }) => [name, value]))
}

/** The store's message names the secret and never holds it. */
async function readSecret({ name, secret }: BoundSecret) {
  try {
    const value: unknown = await secret.get()
    if (typeof value === 'string') return { name, value }
    return { name, problem: `${name}: is bound to something else than a secret of the Secrets Store.` }
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'no reason given'
    const problem = `${name}: is bound to the Secrets Store, which does not give it: ${reason}. Create the secret there, or correct its binding.`
    return { name, problem }
  }
}
