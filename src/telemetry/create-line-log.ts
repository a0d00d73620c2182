import type { CallLog, CallRecord } from './call-record.ts'
import { toLogLine } from './to-log-line.ts'

export interface LineLogOptions {
  readonly level: 'silent' | 'error' | 'info'
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly write: (line: string) => void
}

/** A log of one line a call. Probes and the page's files are no calls. */
export function createLineLog({ level, now, write }: LineLogOptions): CallLog {
  return {
    record(record) {
      if (level === 'silent' || isQuiet(record) || (level === 'error' && !hasFailed(record))) return
      write(toLogLine(record, now()))
    },
  }
}

function isQuiet({ route }: CallRecord): boolean {
  return route === 'livez' || route === 'readyz' || route === 'page'
}

/** What a caller did wrong, or broke off, is no failure. */
function hasFailed({ outcome, status }: CallRecord): boolean {
  return outcome === 'upstream_error' || outcome === 'interrupted' || status >= 500
}
