import type { Tools } from '../machine/find-tools.ts'
import type { Load } from './load.ts'
import { runWrk } from './run-wrk.ts'
import type { Loader } from './start-loader.ts'

export interface RunnerOptions {
  readonly tools: Tools
  readonly loader: Loader
  readonly folder: string
}

/** wrk has to read what it does not look at; above this size bench/load costs no more, and looks at all of it. */
const mostForWrk = 16_384

/** Small plain answers by wrk where there is one, since it leaves more of the shared core to the upstream. */
export function chooseRunner(
  { unit, bodyBytes }: { readonly unit: 'request' | 'stream'; readonly bodyBytes: number },
  { tools, loader, folder }: RunnerOptions,
): Loader['run'] {
  if (tools.wrk === undefined || unit === 'stream' || bodyBytes > mostForWrk) return loader.run
  return (load: Load) => runWrk(load, { core: tools.cores?.rest, folder })
}
