import type { SyncSql } from '../../../src/storage/sql/sql.ts'
import { storeUnavailable } from '../../../src/storage/store-unavailable.ts'

/** When a transaction fails: before it begins, at a write, before the commit, or after the commit (a lost success). */
export type Fault = 'begin' | 'write' | 'commit' | 'after'

/** A real database with a controllable failure of the next transaction. */
export interface FaultySql {
  readonly sql: SyncSql
  /** Sets the fault of the next transaction; undefined clears it. */
  failNext(fault: Fault | undefined): void
}

export function createFaultySql(inner: SyncSql): FaultySql {
  let next: Fault | undefined
  let isWriteFailing = false

  function fail(): never {
    throw storeUnavailable(new Error('made to fail'))
  }

  function failing<Value>(fault: Fault, work: () => Value): Value {
    if (fault === 'begin') return fail()
    if (fault === 'after') {
      inner.transaction(work)
      return fail()
    }
    return inner.transaction(() => {
      isWriteFailing = fault === 'write'
      try {
        work()
      } finally {
        isWriteFailing = false
      }
      // The error rolls the transaction back, even if it wrote nothing.
      return fail()
    })
  }

  return {
    failNext(fault) {
      next = fault
    },
    sql: {
      ...inner,
      run: (text, params) => (isWriteFailing ? fail() : inner.run(text, params)),
      transaction(work) {
        const fault = next
        next = undefined
        return fault === undefined ? inner.transaction(work) : failing(fault, work)
      },
    },
  }
}
