import { type Answer, toJsonAnswer } from '../core/answer.ts'
import type { Registry } from '../providers/registry.ts'

/** `/livez` is about the process alone (R57); `/readyz` about whether to send it traffic. Both say whether, not what (S77). */
export function answerHealth(path: '/livez' | '/readyz', registry: Registry, isDraining: boolean): Answer {
  if (path === '/livez') return toJsonAnswer(200, { status: 'alive' })
  if (isDraining) return toJsonAnswer(503, { status: 'draining' }, { 'retry-after': '1' })
  const isReady = registry.providers.some(({ unavailableReason }) => unavailableReason === undefined)
  return isReady
    ? toJsonAnswer(200, { status: 'ready' })
    : toJsonAnswer(503, { status: 'no provider configured' }, { 'retry-after': '60' })
}
