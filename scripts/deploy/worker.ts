import { z } from 'zod'
import { readVariable } from '../../src/config/environment.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../src/core/json.ts'
import { type Cloudflare, orUndefined } from './cloudflare.ts'
import { DeployError } from './deploy-error.ts'
import { settingsFile } from './settings.ts'

/** A deployed Worker. https://developers.cloudflare.com/api/resources/workers/subresources/scripts/ (settings) */
const workerSchema = z.object({
  bindings: z.array(
    z.looseObject({
      type: z.string(),
      name: z.string(),
      id: z.string().optional(),
      database_id: z.string().optional(),
      class_name: z.string().optional(),
      bucket_name: z.string().optional(),
      text: z.string().optional(),
    }),
  ),
})
export type Worker = z.infer<typeof workerSchema>

/** Returns undefined if the name is free. */
export async function findWorker(cloudflare: Cloudflare, account: string, name: string): Promise<Worker | undefined> {
  const path = `/accounts/${account}/workers/scripts/${name}/settings`
  return await orUndefined([10_007, 10_090], cloudflare.call('show your Workers', 'GET', path, workerSchema))
}

/**
 * Throws DeployError if the Worker is not Weir's. Weir's own has the LEDGER binding. A Worker with nothing but secrets
 * is accepted: `wrangler secret put TOKEN` creates one before the first deployment.
 */
export function refuseStranger({ bindings }: Worker, name: string): void {
  const isWeir = bindings.some((binding) => binding.name === 'LEDGER' && binding.class_name === 'LedgerFamily')
  const isReserved = bindings.length > 0 && bindings.every(({ type }) => type === 'secret_text')
  if (isWeir || isReserved) return
  throw new DeployError(
    `This account has a Worker named ${name} that is not Weir, and it was not changed: choose another name with \`npm run deploy -- --name my-${name}\`.`,
  )
}

/** Lists the names of the Worker's secrets, variables and bindings. */
export function listNames(worker: Worker | undefined): readonly string[] {
  return worker?.bindings.map(({ name }) => name) ?? []
}

export function varsOf({ vars }: JsonObject): JsonObject {
  return isJsonObject(vars) ? vars : {}
}

export function listStoreSecrets({ secrets_store_secrets: secrets }: JsonObject): readonly string[] {
  return Array.isArray(secrets) ? secrets.filter(isJsonObject).map(({ binding }) => String(binding)) : []
}

/**
 * Throws DeployError if a variable allows anonymous calls and TOKEN is missing: anyone could spend the provider's
 * money.
 */
export function refuseOpenWorker(
  config: JsonObject,
  worker: Worker | undefined,
  secrets: Readonly<Record<string, string>>,
): void {
  const remote = worker?.bindings.flatMap(({ type, name, text }) =>
    type === 'plain_text' ? [[name, text] as const] : [],
  )
  const vars: JsonObject = { ...Object.fromEntries(remote ?? []), ...varsOf(config) }
  const names = new Set([
    ...listNames(worker),
    ...listStoreSecrets(config),
    ...Object.keys(vars),
    ...Object.keys(secrets),
  ])
  if (names.has('TOKEN')) return
  const { WEIR_CONFIG: inline } = vars
  const file = typeof inline === 'string' ? parseJsonObject(inline) : inline
  const access = isJsonObject(file) && isJsonObject(file.access) ? file.access : {}
  const isOpen =
    /^(true|1|yes|on)$/i.test(readVariable(vars, 'ALLOW_ANONYMOUS') ?? '') || access.allow_anonymous === true
  if (!isOpen) return
  throw new DeployError(
    `ALLOW_ANONYMOUS without TOKEN would open this Worker to everyone: remove it from ${settingsFile} or the Worker’s variables, or set TOKEN in the environment, and run \`npm run deploy\` again.`,
  )
}

/** Throws DeployError if a variable would replace a secret: without a terminal, wrangler replaces it without asking. */
export function refuseVisibleSecrets(config: JsonObject, worker: Worker | undefined, name: string): void {
  const vars = varsOf(config)
  const hidden = worker?.bindings.find((binding) => binding.type === 'secret_text' && binding.name in vars)
  if (hidden === undefined) return
  throw new DeployError(
    `${hidden.name} is a secret of the Worker, and \`vars\` in ${settingsFile} would make it visible in the dashboard: remove it from \`vars\`, or first run \`npx wrangler secret delete ${hidden.name} --name ${name}\`.`,
  )
}
