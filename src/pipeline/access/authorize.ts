import { GatewayError } from '../../core/errors.ts'
import { isInRanges, parseIpAddress, parseIpRanges } from '../../core/ip-address.ts'
import { matchesAny } from '../../core/match-pattern.ts'
import type { OtherModel } from '../../openai/other-models.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { FoundKey, Grants } from '../../storage/key-store.ts'
import type { Credentials } from '../call/call.ts'

/** The operation of what is relayed without being understood. */
export const passthroughOperation = 'passthrough'

// S35: each check asks the key and every key above it, as they are now, so that a key never does what its maker may not.

/**
 * Refuses a call from a page or an address that the key is not for. A call that no page sends has no origin, and is not bound by it.
 * Throws GatewayError `origin_not_allowed` or `address_not_allowed`.
 */
export function authorizeOrigin(found: FoundKey, { origin, address }: Pick<Credentials, 'origin' | 'address'>): void {
  const allGrants = grantsOf(found)
  if (origin !== undefined && !allGrants.every(({ origins }) => origins?.includes(origin) ?? true)) {
    throw new GatewayError(
      'origin_not_allowed',
      `Pages from ${JSON.stringify(origin.slice(0, 100))} may not use this key. Ask for a key that is made for this page.`,
    )
  }
  if (allGrants.every(({ ipRanges }) => ipRanges === undefined || isWithin(address, ipRanges))) return
  throw new GatewayError(
    'address_not_allowed',
    `This key may not be used from ${address ?? 'an address that is not known'}. Call from the network that it is made for, or ask for a key for this one.`,
  )
}

/**
 * Refuses an operation that the key is not for. What is relayed without being understood has to be named by the key itself and by each key
 * above it, since neither its model nor its price can be checked. Throws GatewayError `operation_not_allowed`.
 */
export function authorizeOperation(found: FoundKey | undefined, operation: string): void {
  if (found === undefined) return
  for (const { operations } of grantsOf(found)) {
    if (mayCall(operations, operation)) continue
    const instead =
      operation === passthroughOperation
        ? `An endpoint that Weir relays without understanding it takes a key whose operations name \`${passthroughOperation}\`.`
        : `It is for ${toList(operations)}.`
    throw new GatewayError('operation_not_allowed', `This key may not call \`${operation}\`. ${instead}`)
  }
}

/** Refuses a model that the key is not for, or that nobody named where only some are allowed. Throws GatewayError `model_not_allowed`. */
export function authorizeModel(
  found: FoundKey | undefined,
  asked: string | undefined,
  target: Target,
  param = 'model',
): void {
  if (found === undefined) return
  for (const { models } of grantsOf(found)) {
    if (models === undefined || matchesModel(models, asked, target)) continue
    const what = asked === undefined ? 'be used without naming a model' : `use the model \`${asked.slice(0, 100)}\``
    throw new GatewayError('model_not_allowed', `This key may not ${what}. It is for ${toList(models)}.`, {
      param,
    })
  }
}

/**
 * Refuses the models that a call names beside its own, where the key is not for them: its provider may use each of them (S89). Throws GatewayError
 * `model_not_allowed`.
 */
export function authorizeOtherModels(
  found: FoundKey | undefined,
  others: readonly OtherModel[],
  provider: Provider,
): void {
  for (const { param, model } of others) {
    if (model !== undefined) authorizeModel(found, model, { provider, model }, param)
    else if (isBoundToModels(found)) {
      throw new GatewayError(
        'model_not_allowed',
        `This key is for some models only, and \`${param.slice(0, 100)}\` has the provider choose others, or names them in a way that is not understood here. Leave it out.`,
        { param: param.slice(0, 100) },
      )
    }
  }
}

/** Whether the key, or one above it, is for some models only. */
export function isBoundToModels(found: FoundKey | undefined): boolean {
  return found !== undefined && grantsOf(found).some(({ models }) => models !== undefined)
}

/** Whether the key may use the model, as {@link authorizeModel} would find. */
export function mayUseModel(found: FoundKey | undefined, asked: string, target: Target | undefined): boolean {
  if (found === undefined) return true
  return grantsOf(found).every(({ models }) => models === undefined || matchesModel(models, asked, target))
}

/** Whether a list of operations, or none, is for this one. */
function mayCall(operations: readonly string[] | undefined, operation: string): boolean {
  if (operation === passthroughOperation) return operations?.includes(operation) ?? false
  return operations === undefined || matchesAny(operations, operation)
}

/** One for each key as it was found, since every call asks several times. */
const grantsByKey = new WeakMap<FoundKey, readonly Grants[]>()

function grantsOf(found: FoundKey): readonly Grants[] {
  const known = grantsByKey.get(found)
  if (known !== undefined) return known
  const all = [found.key, ...found.ancestors].map(({ grants }) => grants)
  grantsByKey.set(found, all)
  return all
}

/** S58: as the caller named it, and as what it then is. */
function matchesModel(models: readonly string[], asked: string | undefined, target: Target | undefined): boolean {
  if (asked === undefined) return false
  if (matchesAny(models, asked)) return true
  return target?.model !== undefined && matchesAny(models, `${target.provider.id}/${target.model}`)
}

function isWithin(address: string | undefined, list: readonly string[]): boolean {
  const parsed = address === undefined ? undefined : parseIpAddress(address)
  return parsed !== undefined && isInRanges(parsed, parseIpRanges(list))
}

/** Enough to see what was meant. */
const shownLimit = 5

function toList(patterns: readonly string[] | undefined): string {
  if (patterns === undefined || patterns.length === 0) return 'nothing at all'
  const shown = patterns.slice(0, shownLimit).map((pattern) => `\`${pattern}\``)
  return shown.join(', ') + (patterns.length > shownLimit ? ', …' : '')
}
