import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { JsonObject } from '../../src/core/json.ts'
import { ApiError, type Cloudflare, orUndefined } from './cloudflare.ts'
import { DeployError } from './deploy-error.ts'
import { findBinding, readTrackedConfig, settingsFile } from './settings.ts'
import type { Terminal } from './terminal.ts'
import type { Worker } from './worker.ts'

/**
 * Returns the bucket for images, if images are to be stored. `isNew` means that it has to be created. Changes nothing.
 */
export async function findBucket(
  cloudflare: Cloudflare,
  account: string,
  config: JsonObject,
  worker: Worker | undefined,
  name: string,
  before: JsonObject,
): Promise<{ readonly name: string; readonly isNew: boolean } | undefined> {
  const wanted = findBinding(config, 'r2_buckets', 'IMAGES')
  const bound = worker?.bindings.find(
    (binding) => binding.type === 'r2_bucket' && binding.name === 'IMAGES',
  )?.bucket_name
  // A Worker that was deployed before this file existed keeps its bucket until `--no-r2` removes it.
  const isLeftOpen = config.r2_buckets === undefined
  if (wanted === undefined && !(isLeftOpen && bound !== undefined)) return undefined
  const named = typeof wanted?.bucket_name === 'string' ? wanted.bucket_name : undefined
  const bucket = named ?? bound ?? `${name}-images`
  if (bucket === bound) return { name: bucket, isNew: false }
  const look = cloudflare.call('show your R2 buckets', 'GET', `/accounts/${account}/r2/buckets/${bucket}`, z.unknown())
  try {
    // 10006: the bucket does not exist. https://developers.cloudflare.com/r2/api/error-codes/
    const found = await orUndefined([10_006], look)
    return { name: bucket, isNew: found === undefined }
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 10_042) throw error
    const without =
      findBinding(before, 'r2_buckets', 'IMAGES') === undefined ? '`npm run deploy`' : '`npm run deploy -- --no-r2`'
    throw new DeployError(
      `R2 is not enabled in this account, and nothing was changed: enable it at https://dash.cloudflare.com/${account}/r2 (Cloudflare asks for a card there), or deploy with ${without}, which stores no images.`,
    )
  }
}

export interface Database {
  readonly id: string
  readonly name: string
}

/**
 * Returns the database that the settings name, the Worker's, or the account's one of that name. Creates a missing one.
 */
export async function provideDatabase(
  cloudflare: Cloudflare,
  account: string,
  settings: JsonObject,
  config: JsonObject,
  worker: Worker | undefined,
  workerName: string,
): Promise<Database> {
  const path = `/accounts/${account}/d1/database`
  const wanted = findBinding(config, 'd1_databases', 'DB')
  const bound = worker?.bindings.find(({ type, name }) => type === 'd1' && name === 'DB')
  const own = findBinding(settings, 'd1_databases', 'DB')?.database_name
  const tracked = readTrackedConfig()
  // Each Worker of an account has its own database.
  const usual = workerName === tracked.name ? findBinding(tracked, 'd1_databases', 'DB')?.database_name : workerName
  const name = String(own ?? usual ?? workerName)
  if (typeof wanted?.database_id === 'string') {
    const look = cloudflare.call(
      'show your database',
      'GET',
      `${path}/${wanted.database_id}`,
      z.object({ name: z.string() }),
    )
    // 7404: the database does not exist. 7400: this is not an id.
    const found = await orUndefined([7400, 7404], look)
    if (found !== undefined) return { id: wanted.database_id, name: found.name }
    throw new DeployError(
      `The database ${wanted.database_id} of ${settingsFile} is not in the account ${account}: remove its line to use the Worker’s own database or a new one, and run \`npm run deploy\` again.`,
    )
  }
  const boundId = bound?.id ?? bound?.database_id
  if (boundId !== undefined) return { id: boundId, name }
  const schema = z.object({ uuid: z.string(), name: z.string() })
  const listed = await cloudflare.call(
    'list your databases',
    'GET',
    `${path}?name=${encodeURIComponent(name)}&per_page=100`,
    z.array(schema),
  )
  // Cloudflare returns every name that contains this one.
  const existing = listed.find((database) => database.name === name)
  if (existing !== undefined) return { id: existing.uuid, name }
  const made = await cloudflare.call('create the database', 'POST', path, schema, { name })
  console.log(`Created the D1 database ${name}.`)
  return { id: made.uuid, name }
}

export async function makeBucket(cloudflare: Cloudflare, account: string, name: string): Promise<void> {
  await cloudflare.call('create the R2 bucket', 'POST', `/accounts/${account}/r2/buckets`, z.unknown(), { name })
  console.log(`Created the R2 bucket ${name}.`)
}

/** Decides as wrangler does. */
export function isOnWorkersDev({ workers_dev: choice, route, routes }: JsonObject): boolean {
  return choice === undefined ? route === undefined && routes === undefined : choice === true
}

/** Registers a subdomain of workers.dev if the account has none. It is shared by all Workers of the account. */
export async function provideSubdomain(
  cloudflare: Cloudflare,
  account: string,
  terminal: Terminal | undefined,
): Promise<void> {
  const path = `/accounts/${account}/workers/subdomain`
  const schema = z.object({ subdomain: z.string() })
  // 10007: the account has none yet. 10000: the token may not read it, and wrangler continues without it.
  const look = cloudflare.call('show your workers.dev subdomain', 'GET', path, schema)
  const status = await look.then(
    () => 'exists',
    (error: unknown) => {
      if (error instanceof ApiError && error.code === 10_000) return 'hidden'
      if (error instanceof ApiError && error.code === 10_007) return 'missing'
      throw error
    },
  )
  if (status !== 'missing') return
  for (;;) {
    const proposal = `weir-${randomBytes(4).toString('hex')}`
    const question = `This account needs a workers.dev subdomain for all its Workers. Type one, or press Enter for ${proposal}: `
    const subdomain = (await terminal?.ask(question)) || proposal
    // 10031: taken.
    const made = await orUndefined(
      [10_031],
      cloudflare.call('register that subdomain', 'PUT', path, schema, { subdomain }),
    )
    if (made === undefined) continue
    console.log(`Registered ${made.subdomain}.workers.dev for this account.`)
    return
  }
}
