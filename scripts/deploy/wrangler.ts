import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../src/core/json.ts'

/** The folder of package.json, independent of the working directory. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The result of a run of wrangler. */
export type Outcome =
  | { readonly kind: 'done'; readonly output: string; readonly events: readonly JsonObject[] }
  /** `problem` is wrangler's error message, on one line. */
  | { readonly kind: 'failed'; readonly problem: string; readonly output: string }

/**
 * Signals that are forwarded to wrangler. This process then waits for wrangler's end and removes the temporary folder.
 */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs the repository's own wrangler to its end. It asks nothing and contacts only Cloudflare's API. `secrets` are
 * passed in a file, because other users of the machine can read arguments.
 */
export async function runWrangler(
  args: readonly string[],
  secrets: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  // Only the user may read this folder.
  const folder = mkdtempSync(join(tmpdir(), 'weir-deploy-'))
  const eventFile = join(folder, 'events')
  const secretFile = join(folder, 'secrets.json')
  const hasSecrets = Object.keys(secrets).length > 0
  if (hasSecrets) writeFileSync(secretFile, JSON.stringify(secrets), { mode: 0o600 })
  try {
    const { CLOUDFLARE_ENV: _, ...inherited } = process.env
    const env = {
      ...inherited,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      // The banner would query the registry for a newer version.
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_OUTPUT_FILE_PATH: eventFile,
      FORCE_COLOR: '0',
    }
    const script = join(projectRoot, 'node_modules/wrangler/bin/wrangler.js')
    const { code, output } = await collect(script, hasSecrets ? [...args, '--secrets-file', secretFile] : args, env)
    if (code !== 0) return { kind: 'failed', problem: readProblem(output), output }
    return { kind: 'done', output, events: readEvents(eventFile) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs `wrangler login`, which opens a browser and prints its progress. Resolves with true on success. */
export async function logIn(): Promise<boolean> {
  const script = join(projectRoot, 'node_modules/wrangler/bin/wrangler.js')
  const child = spawn(process.execPath, [script, 'login'], { cwd: projectRoot, stdio: 'inherit' })
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  child.once('error', reject)
  child.once('close', (code) => resolve(code === 0))
  return promise
}

async function collect(script: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  // Wrangler asks nothing if its input is not a terminal.
  const child = spawn(process.execPath, [script, ...args], { cwd: projectRoot, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('close', (code) => resolve(code ?? 1))
  try {
    const code = await promise
    return { code, output: stripVTControlCharacters(Buffer.concat(chunks).toString()) }
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}

/**
 * Returns the messages of wrangler's `[ERROR]` lines, without its advice on reporting bugs, and of a failed build only the
 * first, without the lines of its source.
 */
function readProblem(output: string): string {
  const errors = output
    .replace(/^\[custom build\]/gm, '')
    .split(/^.*\[ERROR\] /m)
    .slice(1)
  const message = (errors.join(' ') || output).split(
    /If you think this is a bug|To learn more about this error|🪵|📎|┌|:\n *\d+ │/u,
  )[0]
  // A mistake in the generated file is a mistake in the user's file.
  const named = (message ?? '').replace(/\S*wrangler\.generated\.json/g, 'weir.deploy.json')
  const line = named.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
  return line.replace(/^A request to the Cloudflare API \(\S+\) failed\. (?=\S)/, '')
}

function readEvents(file: string): readonly JsonObject[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').map(parseJsonObject).filter(isJsonObject)
}
