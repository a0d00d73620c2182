import { shareBreakers } from '../../../src/platform/node/workers/shared-breakers.ts'
import { HealthBook } from '../../../src/routing/health.ts'
import { applyStep, type HealthStep, readAccepts } from './health-steps.ts'

/** A message from a test to this process, which a test forks. */
export type ProcessCommand =
  | { readonly type: 'test:apply'; readonly step: HealthStep }
  | { readonly type: 'test:accepts'; readonly now: number }

export interface ProcessReply {
  readonly type: 'test:done'
  readonly accepts: readonly [boolean, boolean] | undefined
}

const health = new HealthBook()
const reply = (accepts?: readonly [boolean, boolean]) =>
  process.send?.({ type: 'test:done', accepts } satisfies ProcessReply)

await shareBreakers(health)
process.on('message', (message: ProcessCommand) => {
  if (message.type === 'test:apply') {
    applyStep(health, message.step)
    reply()
  }
  if (message.type === 'test:accepts') reply(readAccepts(health, message.now))
})
reply()
