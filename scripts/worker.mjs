import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { projectRoot, runChild, runCommand } from './child.mjs'
import { ensureInstalled, ensurePage, findNode } from './setup.mjs'

/** Puts the demo provider into the bundle, which wrangler.jsonc leaves out. */
const withDemo = ['--define', 'WEIR_DEMO:true']

/** Serves this machine without a token, as `npm start` does, and shows the schema of GraphQL, unless the settings say otherwise. */
const forThisMachine = ['--define', 'WEIR_LOCAL_WORKER:true']

const deployUsage = `Deploys Weir to Cloudflare Workers: makes the database, brings its schema up to date, uploads the Worker with its secrets.

  npm run deploy -- [options]

  --r2               keeps pictures in an R2 bucket, from now on; R2 must be enabled in the account
  --no-r2            no longer keeps pictures; the bucket and its content stay
  --name NAME        the Worker's name, from now on. Default: weir
  --demo             with the demo provider in it, for this deployment
  --update-secrets   secrets of the environment replace those that the Worker has
  --dry-run          bundles the Worker, and uploads nothing

Secrets that the Worker lacks (TOKEN, ADMIN_TOKEN, OPENAI_API_KEY …) are taken from the environment, or asked for on a terminal.
Your settings are in weir.deploy.json, in the format of wrangler.jsonc; git ignores it, and any key of wrangler.jsonc may stand in it.
The login is that of \`npx wrangler login\`, or CLOUDFLARE_API_TOKEN; CLOUDFLARE_ACCOUNT_ID chooses among several accounts.
`

// Weir on Workers, by wrangler: `npm run dev:worker`, `npm run deploy`, and the check of its size in `npm test`.
const [command, ...commandArgs] = process.argv.slice(2)
await runCommand(() => ({ dev, deploy, check })[command](commandArgs))

/** The same app in workerd on this machine, without an account and without a word to the internet. */
async function dev(extraArgs) {
  await ensureInstalled()
  await ensurePage()
  const config = writeDevConfig()
  await migrateLocally(config)
  const { HOST = '127.0.0.1', PORT = '8787' } = process.env
  const local = isThisMachine(HOST) ? forThisMachine : []
  const where = ['--local', '--ip', HOST, '--port', PORT]
  const args = ['dev', '--config', config, ...withDemo, ...local, ...where, ...extraArgs]
  const env = {
    ...process.env,
    // Otherwise it asks Cloudflare for a sample of `request.cf`.
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    // TOKEN, OPENAI_API_KEY and the others work from the environment, as with `npm start`.
    CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
  }
  // Wrangler lists the whole environment as bindings of the Worker.
  const listOfBindings = /^(Your Worker has access to|Binding +Resource|env\.)/
  const { code } = await runWrangler(args, { env, hide: listOfBindings })
  return code
}

/** wrangler.jsonc with a bucket for pictures, which a deployed Worker has only after `npm run deploy -- --r2`. Local runs keep it below .wrangler/. */
function writeDevConfig() {
  const bucket = '{\n  "r2_buckets": [{ "binding": "IMAGES", "bucket_name": "weir-images" }],'
  const text = readFileSync(join(projectRoot, 'wrangler.jsonc'), 'utf8').replace('{', bucket)
  // Beside it, since the paths in it are relative to it.
  const file = join(projectRoot, 'wrangler.dev.generated.jsonc')
  writeFileSync(file, text)
  return file
}

/** Brings the local database, below .wrangler/, up to date. */
async function migrateLocally(config) {
  const args = ['d1', 'migrations', 'apply', 'DB', '--local', '--config', config]
  const { code, output } = await runWrangler(args, { quiet: true })
  if (code !== 0) throw new Error(`${output}\nThe local database could not be brought up to date.`)
}

/** Elsewhere a caller could write the address that wrangler would else write. */
function isThisMachine(host) {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

/** To Cloudflare, as scripts/deploy/deploy.ts does it, which needs the packages. */
async function deploy(args) {
  const flag = { type: 'boolean' }
  const names = ['r2', 'no-r2', 'demo', 'dry-run', 'update-secrets', 'help']
  const options = { ...Object.fromEntries(names.map((name) => [name, flag])), name: { type: 'string' } }
  const { values } = parseArgs({ args, options })
  if (values.help) {
    console.log(deployUsage)
    return 0
  }
  if (values.r2 && values['no-r2']) throw new Error('Give --r2 or --no-r2, not both.')
  await ensureInstalled()
  await ensurePage()
  // Calls of Cloudflare's API go through the user's proxy, as those of wrangler do.
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1' }
  const { code } = await runChild(findNode(), ['scripts/deploy/deploy.ts', JSON.stringify(values)], { env })
  return code
}

/** Bundles the Worker as `wrangler deploy` would, without the demo's folder, and says how large it is and how long it takes to start. */
async function check() {
  // Cloudflare's free plan takes 3 MB; less starts faster.
  const limitBytes = 400_000
  // Cloudflare refuses a Worker that takes longer. 50 are wanted; but how long it takes depends on the machine and on what else that does.
  const limitMs = 1_000
  const folder = mkdtempSync(join(tmpdir(), 'weir-bundle-'))
  try {
    const bytes = await measureSize(folder)
    const { outputs } = JSON.parse(readFileSync(join(folder, 'bundle-meta.json'), 'utf8'))
    const sources = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
    const demo = sources.filter((path) => path.startsWith('src/providers/demo/'))
    if (demo.length > 0) throw new Error(`The Worker must not have the demo provider, and has ${demo.join(', ')}.`)
    const milliseconds = await measureStart(folder)
    console.log(
      `The Worker is ${Math.round(bytes / 1_000)} kB compressed; at most ${limitBytes / 1_000} kB are wanted. It starts in ${milliseconds} ms here.`,
    )
    return bytes <= limitBytes && milliseconds <= limitMs ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureSize(folder) {
  const { code, output } = await runWrangler(['deploy', '--dry-run', '--metafile', '--outdir', folder], { quiet: true })
  if (code !== 0) throw new Error(`${output}\nThe Worker could not be bundled.`)
  const modules = readdirSync(folder).filter((name) => /\.(js|mjs|wasm)$/.test(name))
  return modules.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0)
}

/** Milliseconds of CPU until the Worker's modules have run, in workerd. */
async function measureStart(folder) {
  const args = ['check', 'startup', '--outfile', join(folder, 'startup.cpuprofile')]
  const { code, output } = await runWrangler(args, { quiet: true })
  const active = /Active: ([\d.]+) ms/.exec(output)
  if (code !== 0 || active === null) throw new Error(`${output}\nThe Worker's start could not be measured.`)
  return Number(active[1])
}

/** Runs wrangler without a word to anyone but Cloudflare's API; options are those of runChild. */
function runWrangler(args, { env = process.env, ...options } = {}) {
  return runChild(findNode(), ['node_modules/wrangler/bin/wrangler.js', ...args], {
    ...options,
    env: {
      ...env,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      // The banner asks the registry for a newer version.
      WRANGLER_HIDE_BANNER: 'true',
    },
  })
}
