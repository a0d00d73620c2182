import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProofs } from './read-proofs.ts'
import { writeProofTable } from './write-proof-table.ts'

// Prints the ids of faults and attacks that have a test; with `--write` puts them into SECURITY.md.
const root = join(import.meta.dirname, '..')
const proofs = readProofs(root)

if (process.argv.includes('--write')) {
  const document = join(root, 'SECURITY.md')
  writeFileSync(document, writeProofTable(readFileSync(document, 'utf8'), proofs))
}
console.log([...new Set(proofs.map((proof) => proof.id))].join(' '))
