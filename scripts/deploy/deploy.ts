import { rmSync } from 'node:fs'
import type { JsonObject } from '../../src/core/json.ts'
import { adviseOn, createCloudflare } from './cloudflare.ts'
import { DeployError } from './deploy-error.ts'
import { listCustomDomains, refuseDomainsOfOthers, refuseDomainsWithRecords, withoutCustomDomains } from './domains.ts'
import { chooseAccount, logInOnce } from './log-in.ts'
import { applyOptions, type Options } from './options.ts'
import { collectSecrets, type Secrets } from './secrets.ts'
import {
  findBinding,
  generatedFile,
  mergeConfig,
  readSettings,
  readTrackedConfig,
  saveSettings,
  withBinding,
  writeGeneratedConfig,
} from './settings.ts'
import { type Database, findBucket, isOnWorkersDev, makeBucket, provideDatabase, provideSubdomain } from './stores.ts'
import { openTerminal } from './terminal.ts'
import {
  findWorker,
  listNames,
  listStoreSecrets,
  refuseOpenWorker,
  refuseStranger,
  refuseVisibleSecrets,
  varsOf,
} from './worker.ts'
import { runWrangler } from './wrangler.ts'

/**
 * Set in Cloudflare's own build of a repository, also after the Deploy to Cloudflare button. The Worker already exists.
 */
const buildName = process.env.WORKERS_CI ? process.env.WRANGLER_CI_OVERRIDE_NAME : undefined
const isBuild = Boolean(process.env.WORKERS_CI)

const withDemo = { build: { command: 'node scripts/build-worker.mjs --demo' } }

try {
  await main(JSON.parse(process.argv[2] ?? '{}') as Options)
} catch (error) {
  console.error(error instanceof DeployError ? error.message : error)
  process.exitCode = 1
}

async function main(options: Options): Promise<void> {
  const before = readSettings()
  const tracked = readTrackedConfig()
  const settings = applyOptions(before, options, String(tracked.name))
  const config = mergeConfig(options.demo === true ? mergeConfig(tracked, withDemo) : tracked, settings)
  if (options['dry-run'] === true) return bundle(config)
  const terminal = openTerminal()
  const cloudflare = createCloudflare(await logInOnce(terminal))
  const account = await chooseAccount(cloudflare, settings, terminal)
  const name = buildName ?? String(config.name)
  const worker = await findWorker(cloudflare, account, name)
  if (worker !== undefined && !isBuild) refuseStranger(worker, name)
  refuseVisibleSecrets(config, worker, name)
  const bucket = await findBucket(cloudflare, account, config, worker, name, before)

  const domains = listCustomDomains(config)
  await refuseDomainsOfOthers(cloudflare, account, name, domains)
  if (worker !== undefined) await refuseDomainsWithRecords(cloudflare, account, name, domains)

  // Nothing has been changed so far, and Ctrl-C at a question leaves nothing behind.
  const secrets = await collectSecrets({
    worker: name,
    env: process.env,
    known: new Set([...listNames(worker), ...Object.keys(varsOf(config)), ...listStoreSecrets(config)]),
    replaces: options['update-secrets'] === true,
    terminal,
    isBuild,
  })
  refuseOpenWorker(config, worker, secrets.values)

  // Migrations run before the upload, in every deployment. If one fails:
  // - at the first deployment, an empty database remains, which the next run uses, and no Worker is public;
  // - later, the previous version stays live. It also runs on the newer schema (migrations/README.md).
  const database = await provideDatabase(cloudflare, account, settings, config, worker, name)
  if (bucket?.isNew === true) await makeBucket(cloudflare, account, bucket.name)
  if (isOnWorkersDev(config)) await provideSubdomain(cloudflare, account, terminal)
  saveSettings(before, remember(settings, account, database, bucket?.name))
  const complete = complement(config, name, account, database, bucket?.name)
  const status = worker === undefined ? 'nothing was published' : 'the previous version is still live'
  const isFirstWithDomains = worker === undefined && domains.length > 0
  const file = writeGeneratedConfig(generatedFile, isFirstWithDomains ? withoutCustomDomains(complete) : complete)
  await migrate(file, status)
  let url = await publish(file, secrets, status)
  if (isFirstWithDomains) {
    await refuseDomainsWithRecords(cloudflare, account, name, domains)
    url = await attachDomains(writeGeneratedConfig(generatedFile, complete), domains)
  }
  report(url, name, secrets)
}

/** Prints what a deployment would upload. Needs no login. */
async function bundle(config: JsonObject): Promise<void> {
  const images = findBinding(config, 'r2_buckets', 'IMAGES')
  const named =
    images === undefined ? config : withBinding(config, 'r2_buckets', { bucket_name: 'weir-images', ...images })
  const file = writeGeneratedConfig('wrangler.dry-run.generated.json', named)
  try {
    const outcome = await runWrangler(['deploy', '--dry-run', '--config', file])
    if (outcome.kind === 'failed') throw new DeployError(`The Worker could not be bundled: ${outcome.problem}.`)
    console.log(outcome.output.trim())
  } finally {
    rmSync(file, { force: true })
  }
}

/** Adds the ids that a later deployment then neither asks nor looks for, even with another login. */
function remember(settings: JsonObject, account: string, { id }: Database, bucket: string | undefined): JsonObject {
  const withIds = withBinding({ account_id: account, ...settings }, 'd1_databases', { binding: 'DB', database_id: id })
  return bucket === undefined ? withIds : withBinding(withIds, 'r2_buckets', { binding: 'IMAGES', bucket_name: bucket })
}

function complement(
  config: JsonObject,
  name: string,
  account: string,
  database: Database,
  bucket: string | undefined,
): JsonObject {
  const bound = { binding: 'DB', database_id: database.id, database_name: database.name }
  const withDatabase = withBinding({ ...config, name, account_id: account }, 'd1_databases', bound)
  if (bucket === undefined) return withDatabase
  return withBinding(withDatabase, 'r2_buckets', { binding: 'IMAGES', bucket_name: bucket })
}

async function migrate(file: string, status: string): Promise<void> {
  console.log('Applying the database migrations …')
  const outcome = await runWrangler(['d1', 'migrations', 'apply', 'DB', '--remote', '--config', file])
  if (outcome.kind === 'done') return
  // Wrangler prints a table after each migration that succeeds.
  const listed = [...outcome.output.matchAll(/│ (\S+\.sql) +│(.*)/g)]
  const applied = new Set(listed.filter(([, , mark]) => mark?.includes('✅')).map(([, name]) => name))
  const failed = listed.map(([, name]) => name).find((name) => !applied.has(name))
  const prefix = failed === undefined ? '' : `${failed}: `
  throw new DeployError(
    `The database migrations failed, and ${status}: ${prefix}${outcome.problem}; ${adviseOn(outcome.problem)}.`,
  )
}

/**
 * Uploads the Worker together with its secrets: no version is ever public without them.
 * Resolves with the Worker's address if wrangler reports one.
 */
async function publish(file: string, { values, made }: Secrets, status: string): Promise<string | undefined> {
  console.log('Uploading the Worker …')
  const outcome = await runWrangler(['deploy', '--config', file], values)
  // The code is public once wrangler prints this line. Routes and schedules follow, and may fail.
  const isUploaded = outcome.kind === 'done' || /^Uploaded \S+ \(/m.test(outcome.output)
  if (isUploaded) for (const [name, value] of Object.entries(made)) console.log(`${name} (shown only once): ${value}`)
  if (outcome.kind === 'failed') {
    const result = isUploaded ? 'the new version is live, but some of its routes or schedules are missing' : status
    throw new DeployError(`The deployment failed, and ${result}: ${outcome.problem}; ${adviseOn(outcome.problem)}.`)
  }
  const targets = outcome.events.find(({ type }) => type === 'deploy')?.targets
  const hosts = Array.isArray(targets)
    ? targets
        .map((target) => String(target).replace(/ \(.*\)$/, ''))
        .filter((target) => /^(https?:\/\/)?[\w.-]+$/.test(target))
    : []
  return hosts[0]?.replace(/^(https?:\/\/)?/, 'https://')
}

/** Attaches the custom domains. Resolves with the address of the first. */
async function attachDomains(file: string, domains: readonly string[]): Promise<string> {
  const outcome = await runWrangler(['triggers', 'deploy', '--config', file])
  if (outcome.kind === 'done') return `https://${domains[0]}`
  throw new DeployError(
    `The Worker is live, but not at ${domains.join(' and ')}: ${outcome.problem}; ${adviseOn(outcome.problem)}.`,
  )
}

function report(url: string | undefined, name: string, { values, notes }: Secrets): void {
  const uploaded = Object.keys(values)
  if (uploaded.length > 0) console.log(`Uploaded secrets: ${uploaded.join(', ')}.`)
  for (const note of notes) console.log(note)
  console.log(url === undefined ? `${name} is deployed.` : `Weir runs at ${url}`)
}
