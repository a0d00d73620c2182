import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { projectRoot, runChild, runCommand } from './child.mjs'
import { ensureInstalled, ensurePage, findNode } from './setup.mjs'

const deployUsage = `Deploys Weir to Cloudflare Workers: creates the database, applies its migrations, uploads the Worker with its secrets.

  npm run deploy -- [options]

  --r2               store images in an R2 bucket, from now on; R2 must be enabled in the account
  --no-r2            store no images, from now on; the bucket and its content stay
  --name NAME        the Worker's name, from now on. Default: weir
  --demo             include the demo provider in this deployment
  --update-secrets   replace the Worker's secrets with those of the environment
  --dry-run          bundle the Worker, and upload nothing

Missing secrets (TOKEN, ADMIN_TOKEN, OPENAI_API_KEY …) are read from the environment; on a terminal you are asked for the rest.
Your settings are in weir.deploy.json, in the format of wrangler.jsonc. It may contain any key of wrangler.jsonc; git ignores it.
Log in with \`npx wrangler login\` or set CLOUDFLARE_API_TOKEN. CLOUDFLARE_ACCOUNT_ID selects one of several accounts.
`

// Runs wrangler for `npm run dev:worker`, for `npm run deploy`, and for the check of the Worker's size in `npm test`.
const [command, ...commandArgs] = process.argv.slice(2)
await runCommand(() => ({ dev, deploy, check })[command](commandArgs))

/** Runs the app in workerd on this machine, without an account and without internet access. */
async function dev(extraArgs) {
  await ensureInstalled()
  await ensurePage()
  const { HOST = '127.0.0.1', PORT = '8787' } = process.env
  const config = writeDevConfig(isThisMachine(HOST))
  await migrateLocally(config)
  const args = ['dev', '--config', config, '--local', '--ip', HOST, '--port', PORT, ...extraArgs]
  const env = {
    ...process.env,
    // By default wrangler fetches a sample of `request.cf` from Cloudflare.
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    // Reads TOKEN, OPENAI_API_KEY and the others from the environment, as `npm start` does.
    CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
  }
  // Wrangler would print the whole environment as bindings of the Worker, and all its modules at each change.
  const lists = /^(Your Worker has access to|Binding +Resource|env\.|Attaching additional modules|[┌├│└])/
  const { code } = await runWrangler(args, { env, hide: lists })
  return code
}

/**
 * Writes wrangler.jsonc with a bucket for images and with the demo provider. A deployed Worker has a bucket only after
 * `npm run deploy -- --r2`; the local one is below .wrangler/. The modules are in a folder of their own, because wrangler
 * also serves those that another build writes.
 */
function writeDevConfig(isLocal) {
  const bucket = '{\n  "r2_buckets": [{ "binding": "IMAGES", "bucket_name": "weir-images" }],'
  const build = `scripts/build-worker.mjs --demo ${isLocal ? '--local ' : ''}--outdir dist/dev-worker`
  const config = readFileSync(join(projectRoot, 'wrangler.jsonc'), 'utf8')
    .replace('{', bucket)
    .replace('dist/worker/', 'dist/dev-worker/')
    .replace('node scripts/build-worker.mjs', `node ${build}`)
  // Beside wrangler.jsonc, because its paths are relative.
  const file = join(projectRoot, 'wrangler.dev.generated.jsonc')
  writeFileSync(file, config)
  return file
}

/** Applies the migrations to the local database, below .wrangler/. */
async function migrateLocally(config) {
  const args = ['d1', 'migrations', 'apply', 'DB', '--local', '--config', config]
  const { code, output } = await runWrangler(args, { quiet: true })
  if (code !== 0) throw new Error(`${output}\nThe migrations of the local database failed.`)
}

/** Returns true for a loopback address. On another one, a caller could forge the address header that wrangler sets. */
function isThisMachine(host) {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

/** Parses the options and runs scripts/deploy/deploy.ts, which needs the installed packages. */
async function deploy(args) {
  const flag = { type: 'boolean' }
  const names = ['r2', 'no-r2', 'demo', 'dry-run', 'update-secrets', 'help']
  const options = { ...Object.fromEntries(names.map((name) => [name, flag])), name: { type: 'string' } }
  const { values } = parseArgs({ args, options })
  if (values.help) {
    console.log(deployUsage)
    return 0
  }
  if (values.r2 && values['no-r2']) throw new Error('Use --r2 or --no-r2, not both.')
  await ensureInstalled()
  await ensurePage()
  // Calls to Cloudflare's API use the user's proxy, as wrangler's do.
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1' }
  const { code } = await runChild(findNode(), ['scripts/deploy/deploy.ts', JSON.stringify(values)], { env })
  return code
}

/**
 * Bundles the Worker as `wrangler deploy` does, and prints its size and start time.
 */
async function check() {
  // Cloudflare's free plan accepts 3 MB; a smaller Worker starts faster.
  const limitBytes = 500_000
  // Cloudflare refuses a Worker that takes longer. The aim is 50 ms, but the time depends on the machine and its load.
  const limitMs = 1_000
  const folder = mkdtempSync(join(tmpdir(), 'weir-bundle-'))
  try {
    const bytes = await measureSize(folder)
    const milliseconds = await measureStart(folder)
    console.log(
      `The Worker is ${Math.round(bytes / 1_000)} kB compressed (maximum ${limitBytes / 1_000} kB). It starts in ${milliseconds} ms here.`,
    )
    return bytes <= limitBytes && milliseconds <= limitMs ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureSize(folder) {
  const { code, output } = await runWrangler(['deploy', '--dry-run', '--outdir', folder], { quiet: true })
  if (code !== 0) throw new Error(`${output}\nThe Worker could not be bundled.`)
  const modules = readdirSync(folder).filter((name) => /\.(js|mjs|wasm)$/.test(name))
  return modules.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0)
}

/** Measures the CPU time in ms that the Worker's modules take to load in workerd. */
async function measureStart(folder) {
  const args = ['check', 'startup', '--outfile', join(folder, 'startup.cpuprofile')]
  const { code, output } = await runWrangler(args, { quiet: true })
  const active = /Active: ([\d.]+) ms/.exec(output)
  if (code !== 0 || active === null) throw new Error(`${output}\nThe Worker's start time could not be measured.`)
  return Number(active[1])
}

/** Runs wrangler, which then contacts only Cloudflare's API. Takes the options of runChild. */
function runWrangler(args, { env = process.env, ...options } = {}) {
  return runChild(findNode(), ['node_modules/wrangler/bin/wrangler.js', ...args], {
    ...options,
    env: {
      ...env,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      // The banner would query the registry for a newer version.
      WRANGLER_HIDE_BANNER: 'true',
    },
  })
}
