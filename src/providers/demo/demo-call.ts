import type { JsonObject } from '../../core/json.ts'
import type { OutboundBody, ProviderContext } from '../provider.ts'

/** One call, as the demo's endpoints see it. */
export interface DemoCall {
  /** What the answer names: always begins with `demo/`, so that nobody takes it for a real model. */
  readonly model: string
  /** The model's name without `demo/`. */
  readonly modelName: string
  /** The JSON body, or an empty object where the body is raw. */
  readonly body: JsonObject
  readonly rawBody: OutboundBody
  /** A hash of the request and a counter: the same in every run, different for two calls of one run. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly context: ProviderContext
}

/** A piece of an answer's body. */
export interface Frame {
  readonly data: string | Uint8Array
  /** True where a human-paced stream rests before this piece. */
  readonly rests: boolean
}

export interface DemoReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Made as it is read, and read once. */
  readonly frames: Iterable<Frame>
}

/** Answers one operation. Its reply depends on nothing but the call. */
export type DemoEndpoint = (call: DemoCall) => DemoReply | Promise<DemoReply>
