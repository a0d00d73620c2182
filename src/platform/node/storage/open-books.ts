import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import type { Settings } from '../../../config/settings.ts'
import { createPriceBook } from '../../../metering/price-book.ts'
import type { Metering } from '../../../pipeline/call/ports.ts'
import { toPricedProviders } from '../../../providers/provider-kinds.ts'
import { toNotice } from '../../../telemetry/line-log.ts'
import { nodeClock } from '../node-clock.ts'
import { openLedger } from './open-ledger.ts'
import type { OpenStorage } from './open-storage.ts'

export interface OpenBooks {
  readonly metering: Metering
  close(): Promise<void>
}

/** The books of a process that has storage; undefined where the operator wants none. */
export function openBooks(
  { sql, usage }: OpenStorage,
  settings: Settings,
  log: (line: string) => void,
): OpenBooks | undefined {
  if (!settings.metering.isOn) return undefined
  const {
    ledger,
    usage: read,
    close,
  } = openLedger({
    ...{
      sql,
      clock: nodeClock,
      processId: randomUUID(),
      usage,
      retentionMs: settings.metering.retentionMs,
      isAlone: !cluster.isWorker,
    },
    onFailure: (error) => log(toNotice('ledger', error, nodeClock.now())),
  })
  return {
    metering: {
      ledger,
      usage: read,
      prices: createPriceBook(toPricedProviders(settings.providers), settings.metering.prices),
    },
    close,
  }
}
