import { ConfigError } from '../../config/config-error.ts'
import type { ConfigSource, ReloadPlan } from '../../config/plan-reload.ts'
import { toEventLine, toNotice } from '../../telemetry/line-log.ts'
import { nodeClock } from './node-clock.ts'

interface ReloaderOptions {
  /** Reads the configuration again. Rejects with ConfigError. */
  readonly load: () => Promise<ConfigSource>
  /** Puts it in force. Rejects with ConfigError, and nothing has changed. */
  readonly apply: (next: ConfigSource) => Promise<ReloadPlan>
  /** Takes one line for each time, which has names of keys and none of their values (S21). */
  readonly log: (line: string) => void
}

/** Beyond it, names say less than their number. */
const maxNames = 50

/** The returned function reads the configuration again and puts it in force, once after another. What is wrong is refused as a whole (R65). */
export function createReloader({ load, apply, log }: ReloaderOptions): () => void {
  let last = Promise.resolve()

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
          : toNotice('reload', error, now),
      )
    }
  }

  return () => {
    last = last.then(reload)
  }
}
