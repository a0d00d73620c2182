import { DatabaseSync } from 'node:sqlite'

// A process that writes two rows per transaction, as fast as it can, until it is killed.
const database = new DatabaseSync(String(process.argv[2]), { timeout: 60_000 })
const insert = database.prepare('INSERT INTO pairs (writer, text) VALUES (?, ?)')
for (let count = 0; ; count++) {
  database.exec('BEGIN IMMEDIATE')
  for (let half = 0; half < 2; half++) insert.run(process.pid, 'x'.repeat(1_000))
  database.exec('COMMIT')
  if (count === 100) process.send?.('busy')
}
