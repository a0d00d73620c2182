import type { Tools } from '../machine/find-tools.ts'
import type { Load } from './load.ts'
import { runWrk } from './run-wrk.ts'
import type { Loader } from './start-loader.ts'

export interface RunnerOptions {
  readonly tools: Tools
  readonly loader: Loader
  readonly folder: string
}

/** wrk reads bodies without checking them. Above this size bench/load costs no more, and checks them completely. */
const maxWrkBytes = 16_384

/** Chooses wrk, if installed, for small unstreamed responses: it leaves more of the shared core to the upstream. */
export function chooseRunner(
  { unit, bodyBytes }: { readonly unit: 'request' | 'stream'; readonly bodyBytes: number },
  { tools, loader, folder }: RunnerOptions,
): Loader['run'] {
  if (tools.wrk === undefined || unit === 'stream' || bodyBytes > maxWrkBytes) return loader.run
  return (load: Load) => runWrk(load, { core: tools.cores?.rest, folder })
}
