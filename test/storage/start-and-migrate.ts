// Run by migrations.test.ts as a separate process: opens the database, migrates it, and reports the applied migrations.
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'

const [path = '', folder = ''] = process.argv.slice(2)
const applied = await migrate(openSqlite(path), readMigrations(folder))
process.send?.(applied, () => process.disconnect())
