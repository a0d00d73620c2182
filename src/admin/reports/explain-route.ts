import { inputKinds } from '../../config/route-settings.ts'
import { didYouMean } from '../../core/did-you-mean.ts'
import { GatewayError } from '../../core/errors.ts'
import { operations } from '../../dialects/operations.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { requireKeys } from '../../pipeline/call/require-ports.ts'
import { type ExplainedTarget, explainRoute, type RouteExplanation } from '../../pipeline/routing/explain-route.ts'
import { nameOf } from '../../providers/registry.ts'
import type { BreakerStatus } from '../../routing/health.ts'
import { toInstant } from '../../schema/field-types.ts'
import { unknownKey } from '../keys/key-admin.ts'
import type { RouteExplanationObject } from './report-schemas.ts'

/** A request to explain how a call would be routed. */
export interface RouteExplanationRequest {
  readonly model?: string | undefined
  /** `chat.completions` if omitted. */
  readonly operation?: string | undefined
  readonly session?: string | undefined
  readonly key_id?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly inputs?: readonly string[] | undefined
  readonly input_tokens?: number | undefined
  readonly stream?: boolean | undefined
  /** A day, or a date and time with its zone; now if omitted. */
  readonly at?: string | undefined
}

/**
 * Explains how a call would be routed, without making it. Rejects with GatewayError `missing_required_parameter`,
 * `invalid_value`, `key_not_found`, `model_not_found`, `no_provider_configured` or `storage_not_configured`.
 */
export async function explainRouteRequest(
  { model = '', operation = 'chat.completions', session, key_id: keyId, ...facts }: RouteExplanationRequest,
  ports: Ports,
): Promise<RouteExplanationObject> {
  if (model === '')
    throw new GatewayError('missing_required_parameter', 'model is required: the name that a call would send.', {
      param: 'model',
    })
  const question = {
    model,
    operation:
      Object.values(operations).find(({ name }) => name === operation) ?? unknown('operation', operation, names),
    session: session === '' ? undefined : session,
    tags: facts.tags ?? [],
    inputs: (facts.inputs ?? []).map(
      (name) => inputKinds.find((kind) => kind === name) ?? unknown('inputs', name, inputKinds),
    ),
    inputTokens: facts.input_tokens ?? 0,
    isStream: facts.stream ?? false,
    at: facts.at === undefined ? ports.clock.now() : (toInstant(facts.at) ?? wrongTime()),
  }
  return toObject(question, explainRoute(question, await findCaller(keyId, ports), ports))
}

const names = Object.values(operations).map(({ name }) => name)

function unknown(param: string, value: string, known: readonly string[]): never {
  const hint = didYouMean(value, known) ?? `Use ${known.join(', ')}.`
  throw new GatewayError('invalid_value', `${param} cannot be ${JSON.stringify(value.slice(0, 50))}. ${hint}`, {
    param,
  })
}

function wrongTime(): never {
  throw new GatewayError(
    'invalid_value',
    'at must be a day such as 2026-11-22, or a date and time with its zone such as 2026-11-22T08:00:00Z.',
    { param: 'at' },
  )
}

/** Returns a caller with the key, or one that may use every model. */
async function findCaller(keyId: string | undefined, ports: Ports): Promise<Caller> {
  if (keyId === undefined) return { owner: '', keyId: 'token', isAnonymous: false }
  const key = await requireKeys(ports).store.find(keyId)
  if (key === undefined) throw unknownKey(keyId)
  return { owner: '', keyId, key, isAnonymous: false }
}

interface Asked {
  readonly model: string
  readonly operation: { readonly name: string }
  readonly at: number
}

function toObject({ model, operation, at }: Asked, explanation: RouteExplanation): RouteExplanationObject {
  const { route, isRandom, usual, targets, afterFailure } = explanation
  return {
    object: 'route_explanation',
    model,
    operation: operation.name,
    at: new Date(at).toISOString(),
    route: route?.name ?? null,
    strategy: route?.strategy ?? null,
    max_attempts: route?.maxAttempts ?? 1,
    retries: route?.retries ?? 0,
    max_wait_ms: route?.maxWaitMs ?? 0,
    is_random: isRandom,
    usual_tokens: {
      input: Math.round(usual.input),
      cached_input: Math.round(usual.cached),
      output: Math.round(usual.output),
    },
    targets: targets.map(toTargetObject),
    after_failure: afterFailure.map(({ kind, isDefault, targets: next }) => ({
      kind,
      set_by: isDefault ? 'default' : 'on_failure',
      targets: next.map(nameOf),
    })),
  }
}

function toTargetObject(explained: ExplainedTarget): RouteExplanationObject['targets'][number] {
  const { target, position, leftOut, route, weight, percent, conditions, health, costPico, isKeyAllowed } = explained
  return {
    target: nameOf(target),
    position: position ?? null,
    left_out: leftOut ?? null,
    route: route ?? null,
    weight: weight ?? null,
    percent: percent ?? null,
    conditions: conditions.map(({ condition, holds }) => ({ condition, holds })),
    account_breaker: toBreakerObject(health.account),
    model_breaker: toBreakerObject(health.model),
    first_token_ms: toWhole(health.firstTokenMs),
    answer_ms: toWhole(health.answerMs),
    tokens_per_second: toWhole(health.tokensPerSecond),
    calls_in_progress: health.callsInProgress,
    usual_cost_usd: costPico === undefined ? null : costPico / 1e12,
    key_allows: isKeyAllowed,
    api: explained.serving,
    replaces: target.replacement?.model ?? null,
  }
}

function toWhole(measured: number | undefined): number | null {
  return measured === undefined ? null : Math.round(measured)
}

function toBreakerObject({ state, openUntil, failures }: BreakerStatus) {
  return { state, open_until: openUntil === undefined ? null : new Date(openUntil).toISOString(), failures }
}
