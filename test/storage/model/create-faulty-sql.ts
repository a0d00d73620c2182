import type { SyncSql } from '../../../src/storage/sql/sql.ts'
import { storeUnavailable } from '../../../src/storage/store-unavailable.ts'

/**
 * Where a transaction fails: before it begins, at one of its writes, when all is written, or once it was committed, so that nobody is told that
 * it succeeded.
 */
export type Fault = 'begin' | 'write' | 'commit' | 'after'

/** A real database whose next transaction can be made to fail. */
export interface FaultySql {
  readonly sql: SyncSql
  /** Undefined takes it back, where no transaction has come. */
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
      // Whatever was written is rolled back; so is a transaction that wrote nothing.
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
