// Run by sqlite.test.ts as a separate process: appends messages one after another and reports each acknowledged one.
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { createSqlSessionStore } from '../../src/storage/sql/create-sql-session-store.ts'

const [path = '', name = '', appends = ''] = process.argv.slice(2)
const store = createSqlSessionStore(openSqlite(path))
const end = appends === 'endless' ? Number.POSITIVE_INFINITY : Number(appends)

for (let index = 0; index < end; index++) {
  const id = `${name}${index}`
  const result = await store.append('ada', 's1', [{ id, role: 'user', content: id, status: 'complete' }], {
    now: index,
  })
  if (result.kind !== 'appended') throw new Error(`The append of ${id} returned ${result.kind}.`)
  await new Promise((resolve) => process.send?.(id, resolve))
}
process.disconnect()
