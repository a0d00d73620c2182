import type { FailureKind } from '../../../src/config/route-settings.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import type { HealthBook } from '../../../src/routing/health.ts'

/** What a process notices of the models `ill/m` and `ill/n`. Plain data, for another process. */
export type HealthStep =
  | { readonly kind: 'fail'; readonly failure: FailureKind; readonly now: number; readonly retryAfterMs?: number }
  | { readonly kind: 'begin'; readonly now: number }
  | { readonly kind: 'succeed'; readonly begunAt: number }
  | { readonly kind: 'release'; readonly begunAt: number }

/** A HealthBook reads only the id of a provider, and creating a whole one takes a process half a second. */
const toProvider = (id: string) => ({ id }) as Provider

export const target = { provider: toProvider('ill'), model: 'm' }
/** Another model of the same account. */
export const sibling = { provider: toProvider('ill'), model: 'n' }
/** A target that no step concerns. */
export const other = { provider: toProvider('well'), model: 'm' }

/** Applies a step to `ill/m`. An opening lasts for the whole of its time, without jitter. */
export function applyStep(book: HealthBook, step: HealthStep): void {
  if (step.kind === 'fail') book.of(target).fail(step.failure, step.retryAfterMs, step.now, 1)
  else if (step.kind === 'begin') book.of(target).begin(step.now, true)
  else if (step.kind === 'succeed') book.of(target).succeed(step.begunAt)
  else book.of(target).release(step.begunAt)
}

/** Tells whether `ill/m` and `ill/n` accept a call. */
export function readAccepts(book: HealthBook, now: number): readonly [target: boolean, sibling: boolean] {
  return [book.of(target).accepts(now), book.of(sibling).accepts(now)]
}
