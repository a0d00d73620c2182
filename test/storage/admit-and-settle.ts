import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { testKey, testRequest, testSettlement, withoutRevocations } from './contract/ledger-fixtures.ts'

// Run by sqlite-ledger.test.ts as one of several processes that share a cap of 100 calls: requests 200 calls at once
// and settles the admitted ones.
const [path = ''] = process.argv.slice(2)
const database = openSqlite(path)
const processId = `p${process.pid}`
const cap = testKey('key_shared', { budgets: [{ per: 'total', limitNano: 100_500, timeZone: 'UTC' }] })
const ledger = createSqlLedger({
  ...{ sql: database.sync, processId, keys: withoutRevocations(() => [cap]) },
  schedule: (flush) => void setImmediate(flush),
})

const requests = Array.from({ length: 200 }, () => testRequest('key_shared'))
const results = await Promise.all(requests.map((request) => ledger.admit(request)))
const admitted = requests.filter((_, index) => results[index]?.kind === 'admitted')
process.on('message', async () => {
  await Promise.all(admitted.map(({ id }) => ledger.settle(testSettlement(id))))
  process.disconnect()
})
process.send?.({ admitted: admitted.length, refused: 200 - admitted.length })
