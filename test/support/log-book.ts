import type { Outcome } from '../../src/telemetry/call-record.ts'
import { withDeadline } from './with-deadline.ts'

/** A line of the gateway's log: a call record in snake case, or a notice such as the one at startup. */
export interface LogLine {
  readonly event?: string
  readonly level?: string
  readonly request_id?: string
  readonly method?: string
  readonly route?: string
  readonly status?: number
  readonly outcome?: Outcome
  readonly error_code?: string
  readonly provider?: string
  readonly model?: string
  readonly stream?: boolean
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly finish_reason?: string
  readonly bytes_out?: number
  readonly [name: string]: unknown
}

/** The output of a gateway under test. */
export interface LogBook {
  /** The lines that are JSON objects, in order. */
  readonly lines: readonly LogLine[]
  /** The whole output as printed, which tests scan for secrets. */
  readonly text: string
  /** Waits for the first line that passes the test, by default the first call record. */
  find(test?: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>
  /** Resolves when the output matches the pattern. */
  said(pattern: RegExp, timeoutMs?: number): Promise<void>
  add(printed: string): void
}

export function createLogBook(): LogBook {
  const lines: LogLine[] = []
  let text = ''
  let changed = Promise.withResolvers<void>()
  return {
    lines,
    get text() {
      return text
    },
    find(test = isCall, timeoutMs = 15_000) {
      const search = async (): Promise<LogLine> => {
        while (true) {
          const line = lines.find(test)
          if (line !== undefined) return line
          await changed.promise
        }
      }
      return withDeadline(search(), timeoutMs, () => `no such line in the log:\n${text}`)
    },
    said(pattern, timeoutMs = 15_000) {
      const search = async () => {
        while (!pattern.test(text)) await changed.promise
      }
      return withDeadline(search(), timeoutMs, () => `the output does not match ${pattern}:\n${text}`)
    },
    add(printed) {
      text += `${printed}\n`
      const line = parseLine(printed)
      if (line !== undefined) lines.push(line)
      changed.resolve()
      changed = Promise.withResolvers<void>()
    },
  }
}

export function isCall(line: LogLine): boolean {
  return line.event === 'call'
}

function parseLine(printed: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(printed)
    return typeof value === 'object' && value !== null ? (value as LogLine) : undefined
  } catch {
    return undefined
  }
}
