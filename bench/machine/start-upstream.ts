import { fileURLToPath } from 'node:url'
import { type StartedProcess, startProcess } from './start-process.ts'
import { waitForUrl } from './wait-for-url.ts'

/** Starts the scripted upstream as a separate process. */
export async function startUpstream(core: number | undefined): Promise<StartedProcess & { readonly origin: string }> {
  const started = startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL('../upstream/serve-upstream.ts', import.meta.url))],
    core,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { ...started, origin: await waitForUrl(started, started.child.stdout) }
}
