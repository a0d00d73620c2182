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

/** Cloudflare's own build of a repository, by the Deploy to Cloudflare button too. It names the Worker, which is there already. */
const buildName = process.env.WORKERS_CI ? process.env.WRANGLER_CI_OVERRIDE_NAME : undefined
const isBuild = Boolean(process.env.WORKERS_CI)

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
  const config = mergeConfig(tracked, settings)
  const withDemo = options.demo === true ? ['--define', 'WEIR_DEMO:true'] : []
  if (options['dry-run'] === true) return bundle(config, withDemo)
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

  // Up to here nothing is changed, and a question that is left by Ctrl-C leaves nothing behind.
  const secrets = await collectSecrets({
    worker: name,
    env: process.env,
    known: new Set([...listNames(worker), ...Object.keys(varsOf(config)), ...listStoreSecrets(config)]),
    replaces: options['update-secrets'] === true,
    terminal,
    isBuild,
  })
  refuseOpenWorker(config, worker, secrets.values)

  // Weir makes the database itself, so the schema can come before the Worker at the first deployment too: when a migration fails there is
  // an empty database, which the next run takes, and nothing in public. Later the version before runs on the newer schema
  // (migrations/README.md), so that goes first then as well, and a failed one leaves that version as it is.
  const database = await provideDatabase(cloudflare, account, settings, config, worker, name)
  if (bucket?.isNew === true) await makeBucket(cloudflare, account, bucket.name)
  if (isOnWorkersDev(config)) await provideSubdomain(cloudflare, account, terminal)
  saveSettings(before, remember(settings, account, database, bucket?.name))
  const complete = complement(config, name, account, database, bucket?.name)
  const state = worker === undefined ? 'nothing was published' : 'the version before still runs'
  const isFirstWithDomains = worker === undefined && domains.length > 0
  const file = writeGeneratedConfig(generatedFile, isFirstWithDomains ? withoutCustomDomains(complete) : complete)
  await migrate(file, state)
  let url = await publish(file, withDemo, secrets, state)
  if (isFirstWithDomains) {
    await refuseDomainsWithRecords(cloudflare, account, name, domains)
    url = await attachDomains(writeGeneratedConfig(generatedFile, complete), domains)
  }
  report(url, name, secrets)
}

/** Says what would be uploaded, without a login. */
async function bundle(config: JsonObject, withDemo: readonly string[]): Promise<void> {
  const images = findBinding(config, 'r2_buckets', 'IMAGES')
  const named =
    images === undefined ? config : withBinding(config, 'r2_buckets', { bucket_name: 'weir-images', ...images })
  const file = writeGeneratedConfig('wrangler.dry-run.generated.json', named)
  try {
    const outcome = await runWrangler(['deploy', '--dry-run', '--config', file, ...withDemo])
    if (outcome.kind === 'failed') throw new DeployError(`The Worker could not be bundled: ${outcome.problem}.`)
    console.log(outcome.output.trim())
  } finally {
    rmSync(file, { force: true })
  }
}

/** What a later deployment need not ask or look for, also on another day with another login. */
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

async function migrate(file: string, state: string): Promise<void> {
  console.log('Bringing the schema of the database up to date …')
  const outcome = await runWrangler(['d1', 'migrations', 'apply', 'DB', '--remote', '--config', file])
  if (outcome.kind === 'done') return
  // Wrangler draws a table after each that went well.
  const listed = [...outcome.output.matchAll(/│ (\S+\.sql) +│(.*)/g)]
  const applied = new Set(listed.filter(([, , mark]) => mark?.includes('✅')).map(([, name]) => name))
  const failed = listed.map(([, name]) => name).find((name) => !applied.has(name))
  const place = failed === undefined ? '' : `${failed}: `
  throw new DeployError(
    `The schema of the database could not be brought up to date, and ${state}: ${place}${outcome.problem}; ${adviseOn(outcome.problem)}.`,
  )
}

/** The secrets go up with the version, so that it is never in public without them. Resolves with its address, if wrangler told one. */
async function publish(
  file: string,
  withDemo: readonly string[],
  { values, made }: Secrets,
  state: string,
): Promise<string | undefined> {
  console.log('Uploading the Worker …')
  const outcome = await runWrangler(['deploy', '--config', file, ...withDemo], values)
  // The code is in public once wrangler has said so; routes and schedules come after it, and may fail.
  const isUploaded = outcome.kind === 'done' || /^Uploaded \S+ \(/m.test(outcome.output)
  if (isUploaded) for (const [name, value] of Object.entries(made)) console.log(`${name}, shown this once: ${value}`)
  if (outcome.kind === 'failed') {
    const what = isUploaded ? 'the new version runs, but not all of its addresses and schedules do' : state
    throw new DeployError(
      `The Worker could not be deployed, and ${what}: ${outcome.problem}; ${adviseOn(outcome.problem)}.`,
    )
  }
  const targets = outcome.events.find(({ type }) => type === 'deploy')?.targets
  const hosts = Array.isArray(targets)
    ? targets
        .map((target) => String(target).replace(/ \(.*\)$/, ''))
        .filter((target) => /^(https?:\/\/)?[\w.-]+$/.test(target))
    : []
  return hosts[0]?.replace(/^(https?:\/\/)?/, 'https://')
}

/** Resolves with the first domain's address. */
async function attachDomains(file: string, domains: readonly string[]): Promise<string> {
  const outcome = await runWrangler(['triggers', 'deploy', '--config', file])
  if (outcome.kind === 'done') return `https://${domains[0]}`
  throw new DeployError(
    `The Worker runs, but not at ${domains.join(' and ')}: ${outcome.problem}; ${adviseOn(outcome.problem)}.`,
  )
}

function report(url: string | undefined, name: string, { values, notes }: Secrets): void {
  const uploaded = Object.keys(values)
  if (uploaded.length > 0) console.log(`Secrets that went up with it: ${uploaded.join(', ')}.`)
  for (const note of notes) console.log(note)
  console.log(url === undefined ? `${name} is deployed.` : `Weir runs at ${url}`)
}
