import { ConfigError } from '../../config/config-error.ts'
import type { ConfigSource, ReloadPlan } from '../../config/plan-reload.ts'
import { renderNotice, toEventLine } from '../../telemetry/line-log.ts'
import { nodeClock } from './node-clock.ts'

interface ReloaderOptions {
  /** Reads the configuration again. Rejects with ConfigError. */
  readonly load: () => Promise<ConfigSource>
  /** Applies the configuration. Rejects with ConfigError and then changes nothing. */
  readonly apply: (next: ConfigSource) => Promise<ReloadPlan>
  /** Receives one line per reload, with the names of changed settings but not their values (S21). */
  readonly log: (line: string) => void
}

/** Maximum number of names in the log line; the rest are counted. */
const maxNames = 50

/** Returns a function that reloads. Reloads run one after another; an invalid configuration is rejected whole (R65). */
export function createReloader({ load, apply, log }: ReloaderOptions): () => void {
  let lastReload = Promise.resolve()

  async function reload(): Promise<void> {
    try {
      const { changed, needRestart } = await apply(await load())
      const rest = changed.length - maxNames
      const names = rest > 0 ? [...changed.slice(0, maxNames), `and ${rest} more`] : changed
      const fields = { changed: names, ...(needRestart.length > 0 && { needs_restart: needRestart }) }
      log(toEventLine('info', 'reload', fields, nodeClock.now()))
    } catch (error) {
      const now = nodeClock.now()
      log(
        error instanceof ConfigError
          ? toEventLine('error', 'reload', { cause: error.message }, now)
          : renderNotice('reload', error, now),
      )
    }
  }

  return () => {
    lastReload = lastReload.then(reload)
  }
}
