import type { LogLine } from './log-book.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'

export type Runtime = 'node' | 'workerd'

export interface GatewayOptions {
  /** The whole environment: nothing of this process's own reaches the gateway. */
  readonly env?: Readonly<Record<string, string>>
  /** What `weir.config` would hold. */
  readonly config?: unknown
  /** Set where the test provokes a defect on purpose. Otherwise an `internal` error in the log fails the test. */
  readonly allowInternalErrors?: boolean
}

/** A Weir that listens on a real socket of this machine. */
export interface Gateway {
  readonly runtime: Runtime
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string
  /** What it has logged so far. A call's line may come after its answer; `findLog` waits for it. */
  logs(): readonly LogLine[]
  /** The first line that passes; without a test the first one that records a call. */
  findLog(test?: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>
  /** Everything it printed, for a scan for secrets. */
  output(): string
  /** Failures that no caller ever sees: `internal` errors and exceptions that nothing caught. */
  faults(): readonly string[]
  close(): Promise<void>
}

export type StartGateway = (options?: GatewayOptions) => Promise<Gateway>

/** The environment of a gateway whose only provider is the scripted upstream and whose callers need `gatewayToken`. */
export function toOpenAIEnv(upstream: ScriptedUpstream): Record<string, string> {
  return {
    OPENAI_API_KEY: upstreamKey,
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    // The scripted upstream keeps to the limit as OpenAI does; elsewhere than at OpenAI that is not known (case C4).
    OPENAI_OUTPUT_LIMIT: 'max_completion_tokens',
    TOKEN: gatewayToken,
  }
}

export const upstreamKey = 'sk-test-upstream-4f9c2b7e81d05a36'
export const gatewayToken = 'test-token-of-the-gateway-9e1c7d52b0a84f63'
export const bearer = { authorization: `Bearer ${gatewayToken}` }
