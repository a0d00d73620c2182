import { userSubject } from './decide-admission.ts'
import type { LedgerErasure } from './ledger.ts'
import type { OpenCall } from './open-call.ts'

export interface ErasureDecision {
  /** Calls of the end user that are in progress. */
  readonly openCalls: number
  /** The counters to delete. A call in progress still needs those that it reserved in. */
  readonly subjects: readonly string[]
}

/** Decides which counters of an end user can be deleted while these calls are in progress. Pure. */
export function decideErasure(open: readonly OpenCall[], { keyId, endUser, keyIds }: LedgerErasure): ErasureDecision {
  const held = new Set(open.flatMap(({ subjects }) => subjects.map(({ name }) => name)))
  return {
    openCalls: open.filter(({ request }) => isOfUser(request, { keyId, endUser })).length,
    subjects: keyIds.map((id) => userSubject(id, endUser)).filter((subject) => !held.has(subject)),
  }
}

/** Returns true for a call of this end user of this key. */
export function isOfUser(
  call: Pick<LedgerErasure, 'keyId' | 'endUser'>,
  { keyId, endUser }: Pick<LedgerErasure, 'keyId' | 'endUser'>,
): boolean {
  return call.keyId === keyId && call.endUser === endUser
}
