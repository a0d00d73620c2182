import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/core/json.ts'
import type { FakeCloudflare, FakeWorker } from './fake-cloudflare.ts'
import { projectRoot } from './worker-bundle.ts'

// Runs `npm run deploy` and the repository's wrangler in a clone of the repository, against a fake Cloudflare API on
// loopback.

/** Each test starts wrangler several times and bundles once, possibly on a busy machine. */
export const patient = { timeout: 120_000 }

export const secrets = {
  TOKEN: 'token-of-the-test',
  ADMIN_TOKEN: 'admin-token-of-the-test-0123456789',
  OPENAI_API_KEY: 'sk-key-of-the-test',
}

/** Wrangler is 15 MB of JavaScript, and each run loads it; the compile cache saves a quarter of that time. */
const compileCache = join(projectRoot, 'node_modules/.cache/compiled')

const copied = [
  'package.json',
  'package-lock.json',
  'wrangler.jsonc',
  'tsconfig.json',
  'tsconfig.base.json',
  'migrations',
  'scripts',
  'src',
]

/** A tiny Worker that bundles and uploads fast, for tests that ignore its code. */
const smallWorker = 'export default { fetch: () => new Response() }\nexport class LedgerFamily {}\n'

/**
 * Clones the repository into a new folder that `npm run deploy` may change; `isWhole` includes the Worker's real code.
 */
export async function copyProject({ isWhole = false } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-deployed-'))
  // The synchronous copy is ten times as fast.
  for (const name of copied) cpSync(join(projectRoot, name), join(folder, name), { recursive: true })
  if (!isWhole) await writeFile(join(folder, workerFile), smallWorker)
  await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
  await mkdir(join(folder, 'dist/dashboard'), { recursive: true })
  await mkdir(join(folder, 'tmp'))
  await writeFile(join(folder, 'dist/dashboard/index.html'), '<!doctype html><title>Weir</title>')
  return folder
}

const workerFile = 'src/platform/cloudflare/worker.ts'

export interface Run {
  readonly code: number | null
  readonly output: string
}

type Environment = Readonly<Record<string, string>>

/** Runs `npm run deploy` without a terminal. */
export async function deploy(
  project: string,
  cloudflare: FakeCloudflare,
  env: Environment,
  ...args: readonly string[]
): Promise<Run> {
  return run(process.execPath, ['scripts/worker.mjs', 'deploy', ...args], project, cloudflare, env)
}

/**
 * Runs a shell command without a terminal. Unless `isRealNpx`, a stub of `npx` starts the project's installed program,
 * which saves a second.
 */
export async function runLine(
  project: string,
  cloudflare: FakeCloudflare,
  line: string,
  { env = {}, isRealNpx = false }: { readonly env?: Environment; readonly isRealNpx?: boolean } = {},
): Promise<Run> {
  const npx = isRealNpx ? '' : 'npx() { command=$1; shift; "node_modules/.bin/$command" "$@"; }\n'
  return run('sh', ['-c', `${npx}${line}`], project, cloudflare, {
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    npm_config_offline: 'true',
    ...env,
  })
}

/** Excludes this machine's environment and logins. */
async function run(
  command: string,
  args: readonly string[],
  project: string,
  { url, token }: FakeCloudflare,
  env: Environment,
): Promise<Run> {
  const temporary = join(project, 'tmp')
  const options: SpawnOptions = {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: temporary,
      XDG_CONFIG_HOME: temporary,
      TMPDIR: temporary,
      NODE_COMPILE_CACHE: compileCache,
      CLOUDFLARE_API_BASE_URL: url,
      CLOUDFLARE_API_TOKEN: token,
      ...env,
    },
  }
  const child = spawn(command, args, options)
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output: Buffer.concat(chunks).toString() }
}

export function bindingsOf(worker: FakeWorker | undefined): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(worker?.bindings.map((binding) => [String(binding.name), binding]) ?? [])
}

export async function readJson(project: string, name: string): Promise<JsonObject> {
  return JSON.parse(await readFile(join(project, name), 'utf8')) as JsonObject
}

/** The files that a run added to the clone or changed. */
export async function listChanges(project: string): Promise<readonly string[]> {
  const changes: string[] = []
  for (const path of await listFiles(project)) {
    if (/^(dist|tmp|\.wrangler)\//.test(path)) continue
    const content = await readFile(join(project, path))
    if (path === workerFile && content.toString() === smallWorker) continue
    const original = await readFile(join(projectRoot, path)).catch(() => undefined)
    if (!copied.some((name) => path === name || path.startsWith(`${name}/`)) || original?.equals(content) !== true)
      changes.push(path)
  }
  return changes.sort()
}

/** The files that contain one of the texts, including wrangler's logs and temporary files. */
export async function findText(project: string, texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of await listFiles(project)) {
    const content = await readFile(join(project, path), 'utf8')
    if (texts.some((text) => content.includes(text))) found.push(path)
  }
  return found
}

async function listFiles(project: string): Promise<readonly string[]> {
  const names = await readdir(project, { recursive: true })
  const files: string[] = []
  for (const name of names) {
    if (name.startsWith('node_modules')) continue
    if ((await stat(join(project, name))).isFile()) files.push(name)
  }
  return files
}
