import { formatDay } from '../../core/time.ts'
import type { Target } from '../../providers/registry.ts'
import { findReplacement } from '../../providers/retirement.ts'
import type { PriceOf } from '../../routing/target-prices.ts'
import type { Metering, Ports } from '../call/ports.ts'

/** Returns the price of a target, or of its successor. Without a price book, as without metering, no price is known. */
export function toPriceOf(
  {
    settings,
    clock,
    metering,
  }: Pick<Ports, 'settings' | 'clock'> & { readonly metering?: Pick<Metering, 'prices'> | undefined },
  isLegacy = false,
): PriceOf {
  return (target) => {
    const { provider, model = '' } = replaceRetired(target, isLegacy, { settings, clock })
    return metering?.prices.find(provider.id, model)
  }
}

/** Returns the successor of a model that its provider has shut down, if the settings say so; else the same target. */
export function replaceRetired(
  target: Target,
  isLegacy: boolean,
  { settings, clock }: Pick<Ports, 'settings' | 'clock'>,
): Target {
  const { provider, model } = target
  const { retired } = settings.models
  const { retirements } = provider
  if (retirements === undefined || model === undefined || retired === 'off') return target
  const retirement = retirements.get(model)
  if (retirement === undefined || !(retired === 'all' || isLegacy || retirement.everywhere === true)) return target
  const replacement = findReplacement(model, retirements, formatDay(clock.now()))
  return replacement === undefined ? target : { provider, model: replacement.successor, replacement }
}
