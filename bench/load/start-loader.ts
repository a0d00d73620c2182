import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../machine/start-process.ts'
import type { Load, LoadResult } from './load.ts'

export interface Loader {
  run(load: Load): Promise<LoadResult>
  stop(): Promise<void>
}

export function startLoader(core: number | undefined): Loader {
  const file = fileURLToPath(new URL('serve-load.ts', import.meta.url))
  const stdio: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'inherit', 'inherit', 'ipc']
  const { child, stop } = startProcess({ command: process.execPath, args: [file], core, stdio })
  return {
    async run(load) {
      child.send(load)
      const [result] = await once(child, 'message')
      return result
    },
    stop,
  }
}
