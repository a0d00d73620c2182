import { operatorId } from '../../storage/key-ids.ts'
import type { Attempt } from '../call/attempt.ts'
import type { Call, Caller } from '../call/call.ts'
import { createSilentTrace } from '../call/call-trace.ts'
import type { Ports } from '../call/ports.ts'
import { priceAttempt } from './price-attempt.ts'
import { reserve } from './reserve.ts'

/** The account that pays the attempts that serve no caller. */
export const operator: Caller = { owner: operatorId, keyId: operatorId, isAnonymous: false }

/**
 * Reserves the cost of an empty reply for the operator, who pays it when the attempt ends; its caller then pays nothing.
 * Resolves once the reservation is durable: a server that dies now books the attempt twice, not never. If the ledger
 * cannot be written, the caller pays, because its reservation is open already. Does not reject.
 */
export async function moveToOperator(
  attempt: Attempt,
  number: number,
  { trace, credentials, defer }: Pick<Call, 'trace' | 'credentials' | 'defer'>,
  ports: Ports,
): Promise<void> {
  const cost = priceAttempt(attempt, attempt.estimate)
  if (cost.costSource === 'none') return
  const { costNano, usage } = cost
  const estimate = {
    ...attempt.estimate,
    endUser: '',
    tags: ['operator:empty'],
    reservedTokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
    reservedNano: costNano,
    output: undefined,
  }
  const call = { trace: createSilentTrace(trace.requestId), credentials, defer }
  try {
    attempt.paidBy = { reservation: await reserve(estimate, number, call, operator, ports), cost }
  } catch {
    // The next reservation of the call reports that the ledger cannot be written.
  }
}
