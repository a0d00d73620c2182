import { GatewayError } from '../../core/errors.ts'
import { isInRanges, parseIpAddress, parseIpRanges } from '../../core/ip-address.ts'
import { matchesAny } from '../../core/match-pattern.ts'
import { passthroughOperation } from '../../dialects/operations.ts'
import type { OtherModel } from '../../openai/other-models.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { Grants, KeyWithAncestors } from '../../storage/key-store.ts'
import type { Credentials } from '../call/call.ts'

// S35: each check covers the key and all its ancestors as they are now: a key never exceeds its creator's rights.

/**
 * Refuses a call from an origin or address that the key does not allow. A call without an origin is not from a
 * page, and passes the origin check. Throws GatewayError `origin_not_allowed` or `address_not_allowed`.
 */
export function authorizeOrigin(
  found: KeyWithAncestors,
  { origin, address }: Pick<Credentials, 'origin' | 'address'>,
): void {
  const allGrants = grantsOf(found)
  if (origin !== undefined && !allGrants.every(({ origins }) => origins?.includes(origin) ?? true)) {
    throw new GatewayError(
      'origin_not_allowed',
      `Pages from ${JSON.stringify(origin.slice(0, 100))} may not use this key. Ask for a key that allows this page.`,
    )
  }
  if (allGrants.every(({ ipRanges }) => ipRanges === undefined || isWithin(address, ipRanges))) return
  throw new GatewayError(
    'address_not_allowed',
    `This key may not be used from ${address ?? 'an unknown address'}. Call from a network that it allows, or ask for a key that allows this one.`,
  )
}

/**
 * Refuses an operation that the key does not allow. The passthrough operation must be named by the key and each of its
 * ancestors, because neither its model nor its price can be checked. Throws GatewayError `operation_not_allowed`.
 */
export function authorizeOperation(found: KeyWithAncestors | undefined, operation: string): void {
  if (found === undefined) return
  for (const { operations } of grantsOf(found)) {
    if (mayCall(operations, operation)) continue
    const instead =
      operation === passthroughOperation
        ? `A passthrough endpoint needs a key whose operations include \`${passthroughOperation}\`.`
        : `It allows ${toList(operations)}.`
    throw new GatewayError('operation_not_allowed', `This key may not call \`${operation}\`. ${instead}`)
  }
}

/** Refuses a model that the key does not allow, or a missing one if it allows some only. Throws `model_not_allowed`. */
export function authorizeModel(
  found: KeyWithAncestors | undefined,
  requested: string | undefined,
  target: Target,
  param = 'model',
): void {
  if (found === undefined) return
  for (const { models } of grantsOf(found)) {
    if (models === undefined || matchesModel(models, requested, target)) continue
    const use =
      requested === undefined ? 'be used without naming a model' : `use the model \`${requested.slice(0, 100)}\``
    throw new GatewayError('model_not_allowed', `This key may not ${use}. It allows ${toList(models)}.`, {
      param,
    })
  }
}

/**
 * Refuses further models in a call that the key does not allow, because its provider may use any of them (S89). Throws
 * GatewayError `model_not_allowed`.
 */
export function authorizeOtherModels(
  found: KeyWithAncestors | undefined,
  others: readonly OtherModel[],
  provider: Provider,
): void {
  for (const { param, model } of others) {
    if (model !== undefined) authorizeModel(found, model, { provider, model }, param)
    else if (isBoundToModels(found)) {
      throw new GatewayError(
        'model_not_allowed',
        `This key allows some models only, and \`${param.slice(0, 100)}\` lets the provider choose others, or names them in an unknown form. Leave it out.`,
        { param: param.slice(0, 100) },
      )
    }
  }
}

/** True if the key, or one of its ancestors, allows some models only. */
export function isBoundToModels(found: KeyWithAncestors | undefined): boolean {
  return found !== undefined && grantsOf(found).some(({ models }) => models !== undefined)
}

/** True if {@link authorizeModel} would allow the model. */
export function mayUseModel(
  found: KeyWithAncestors | undefined,
  requested: string,
  target: Target | undefined,
): boolean {
  if (found === undefined) return true
  return grantsOf(found).every(({ models }) => models === undefined || matchesModel(models, requested, target))
}

/** True if a list of operations, or no list, allows this one. */
function mayCall(operations: readonly string[] | undefined, operation: string): boolean {
  if (operation === passthroughOperation) return operations?.includes(operation) ?? false
  return operations === undefined || matchesAny(operations, operation)
}

/** Cached per found key, because every call reads it several times. */
const grantsByKey = new WeakMap<KeyWithAncestors, readonly Grants[]>()

function grantsOf(found: KeyWithAncestors): readonly Grants[] {
  const cached = grantsByKey.get(found)
  if (cached !== undefined) return cached
  const all = [found.key, ...found.ancestors].map(({ grants }) => grants)
  grantsByKey.set(found, all)
  return all
}

/** S58: matches the model as the caller named it, and as the resolved target. */
function matchesModel(models: readonly string[], requested: string | undefined, target: Target | undefined): boolean {
  if (requested === undefined) return false
  if (matchesAny(models, requested)) return true
  return target?.model !== undefined && matchesAny(models, `${target.provider.id}/${target.model}`)
}

function isWithin(address: string | undefined, list: readonly string[]): boolean {
  const parsed = address === undefined ? undefined : parseIpAddress(address)
  return parsed !== undefined && isInRanges(parsed, parseIpRanges(list))
}

/** Enough patterns to show the intent. */
const shownLimit = 5

function toList(patterns: readonly string[] | undefined): string {
  if (patterns === undefined || patterns.length === 0) return 'nothing'
  const shown = patterns.slice(0, shownLimit).map((pattern) => `\`${pattern}\``)
  return shown.join(', ') + (patterns.length > shownLimit ? ', …' : '')
}
