import type { MaxPrice } from '../openai/routing-fields.ts'

/** The step of `on_failure` that stands for the remaining targets. */
export const nextTarget = 'next'

/** The order in which the targets of a route are tried. */
export const strategies = ['ordered', 'weighted', 'sticky', 'fastest', 'throughput', 'cheapest'] as const
export type Strategy = (typeof strategies)[number]

/** Why an attempt failed. The meanings document the configuration. */
export const failureKinds = [
  { kind: 'context_window', meaning: 'The input is longer than the model accepts.' },
  { kind: 'content_policy', meaning: 'The provider’s content policy refused the request, or the whole reply.' },
  { kind: 'quota', meaning: 'The account has no money or quota left.' },
  { kind: 'rate_limit', meaning: 'The account has reached a rate limit.' },
  { kind: 'auth', meaning: 'The provider rejected the key of this server.' },
  { kind: 'overload', meaning: 'The provider is overloaded, or answered with a server error or an invalid response.' },
  { kind: 'connection', meaning: 'No connection, so the provider has not received the request.' },
  { kind: 'region', meaning: 'The provider does not serve the country that the call is sent from.' },
  { kind: 'model', meaning: 'The provider does not know the model.' },
  { kind: 'empty', meaning: 'The response has no content.' },
  { kind: 'bad_request', meaning: 'The provider refused the request for another reason.' },
  {
    kind: 'timeout',
    meaning:
      'The provider received the request and did not answer within `timeouts`. It may have done the work, and may bill it.',
  },
  {
    kind: 'unknown_outcome',
    meaning: 'The connection broke after the request was sent. The provider may have done the work, and may bill it.',
  },
] as const

export type FailureKind = (typeof failureKinds)[number]['kind']

/** The step after each kind of failure, unless a route says otherwise. */
export const defaultSteps: Readonly<Record<FailureKind, 'next' | 'stop'>> = {
  context_window: 'next',
  content_policy: 'stop',
  quota: 'next',
  rate_limit: 'next',
  auth: 'next',
  overload: 'next',
  connection: 'next',
  region: 'next',
  model: 'next',
  empty: 'next',
  bad_request: 'stop',
  timeout: 'stop',
  unknown_outcome: 'stop',
}

export const inputKinds = ['image', 'audio', 'file'] as const
export type InputKind = (typeof inputKinds)[number]

export const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Minutes since midnight of `HH:MM`; undefined for any other text. */
export function toMinutes(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{2}):([0-5]\d)$/.exec(text) ?? []
  if (hours === undefined || minutes === undefined) return undefined
  const total = Number(hours) * 60 + Number(minutes)
  return total <= 24 * 60 ? total : undefined
}

export function clockTimeProblem(text: string): string | undefined {
  return toMinutes(text) === undefined ? 'must be a time of day from 00:00 to 24:00, such as "22:30"' : undefined
}

/** When a target may be used. An undefined condition holds always. */
export interface Conditions {
  readonly keys: readonly string[] | undefined
  /** Patterns of `name:value`. */
  readonly tags: readonly string[] | undefined
  readonly inputs: readonly InputKind[] | undefined
  readonly minInputTokens: number
  readonly maxInputTokens: number
  readonly hours: Hours | undefined
}

export interface Hours {
  /** Three letters, such as `mon`; undefined for every day. */
  readonly days: readonly string[] | undefined
  /** Minutes since midnight. `from` may be greater than `until`: over midnight. */
  readonly from: number
  readonly until: number
  readonly timeZone: string
}

export interface RouteTargetSettings {
  /** `provider/model`, or the name of a route. Aliases are resolved. */
  readonly name: string
  readonly weight: number
  readonly percent: number | undefined
  readonly when: Conditions | undefined
}

export interface RouteSettings {
  readonly name: string
  readonly strategy: Strategy
  readonly targets: readonly RouteTargetSettings[]
  /** Names of models, and `next`, for each kind that the operator has set. */
  readonly onFailure: Readonly<Partial<Record<FailureKind, readonly string[]>>>
  readonly maxPrice?: MaxPrice | undefined
  readonly maxAttempts: number
  /** Further rounds over the targets after all have failed for the moment. */
  readonly retries: number
  /** Maximum wait before a round, in milliseconds. */
  readonly maxWaitMs: number
  /** The model that receives copies of calls, and the percentage of the calls. */
  readonly shadow?: { readonly name: string; readonly percent: number } | undefined
  readonly isPublic: boolean
}
