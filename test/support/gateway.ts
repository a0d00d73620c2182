import type { LogLine } from './log-book.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'

export type Runtime = 'node' | 'workerd'

export interface GatewayOptions {
  /** The gateway's whole environment; it gets no variable of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** The content of `weir.config`. */
  readonly config?: unknown
  /** Set if the test provokes a defect on purpose. By default an `internal` error in the log fails the test. */
  readonly allowInternalErrors?: boolean
}

/** A running Weir that listens on a real socket of this machine. */
export interface Gateway {
  readonly runtime: Runtime
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string
  /** The lines that it has logged so far. A call's line may follow its response; `findLog` waits for it. */
  logs(): readonly LogLine[]
  /** Waits for the first line that passes the test, by default the first call record. */
  findLog(test?: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>
  /** Its whole output, which tests scan for secrets. */
  output(): string
  /** Failures that callers do not see: `internal` errors and uncaught exceptions. */
  faults(): readonly string[]
  close(): Promise<void>
}

export type StartGateway = (options?: GatewayOptions) => Promise<Gateway>

/** The environment of a gateway whose providers of four kinds are all the scripted upstream. */
export function toProvidersEnv(upstream: ScriptedUpstream): Record<string, string> {
  return {
    CUSTOM_API_KEY: 'sk-custom-x',
    CUSTOM_BASE_URL: `${upstream.url}/v1`,
    OPENAI_API_KEY: 'sk-x',
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    ANTHROPIC_API_KEY: 'sk-ant-x',
    ANTHROPIC_BASE_URL: upstream.url,
    GEMINI_API_KEY: 'goog-x',
    GEMINI_BASE_URL: upstream.url,
    TOKEN: gatewayToken,
  }
}

/** The environment of a gateway whose only provider is the scripted upstream and whose callers need `gatewayToken`. */
export function toOpenAIEnv(upstream: ScriptedUpstream): Record<string, string> {
  return {
    OPENAI_API_KEY: upstreamKey,
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    // Says that the scripted upstream respects output limits as OpenAI does; for other hosts Weir does not assume it
    // (case C4).
    OPENAI_OUTPUT_LIMIT: 'max_completion_tokens',
    TOKEN: gatewayToken,
  }
}

export const upstreamKey = 'sk-test-upstream-4f9c2b7e81d05a36'
export const gatewayToken = 'test-token-of-the-gateway-9e1c7d52b0a84f63'
export const bearer = { authorization: `Bearer ${gatewayToken}` }
