import { ConfigError } from '../../config/config-error.ts'
import { type Environment, isVariable } from '../../config/environment.ts'

/** Bindings of wrangler.jsonc that are not variables, even if they have a `get` method. */
const stores: ReadonlySet<string> = new Set(['DB', 'IMAGES', 'LEDGER', 'ASSETS'])

/**
 * Reads the variables of a Worker: strings, numbers and booleans as they are, and secrets from their Secrets Store
 * bindings. Returns a promise only if such bindings exist. Rejects with a ConfigError that names each unreadable
 * secret.
 *
 * A Secrets Store binding looks like a service binding, which appears to have every method. Therefore only bindings
 * that a setting names are read: a variable of Weir, or a word of the configuration.
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

interface BoundSecret {
  readonly name: string
  readonly secret: Pick<SecretsStoreSecret, 'get'>
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** In wrangler's `vars`, the configuration may be a JSON object. */
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
  const results = await Promise.all(bound.map(readSecret))
  const problems = results.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.fromEntries(results.map(({ name, value = '' }) => [name, value]))
}

/** The store's error message names the secret, but never contains its value. */
async function readSecret({ name, secret }: BoundSecret) {
  try {
    const value: unknown = await secret.get()
    if (typeof value === 'string') return { name, value }
    return {
      name,
      problem: `${name}: the binding is not a secret of the Secrets Store. Bind it to one, or remove the binding.`,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'no reason given'
    const problem = `${name}: the Secrets Store did not return this secret: ${reason}. Create the secret there, or correct its binding.`
    return { name, problem }
  }
}
