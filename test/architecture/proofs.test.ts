import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readProofs } from '../../scripts/read-proofs.ts'
import { writeProofTable } from '../../scripts/write-proof-table.ts'
import { projectRoot } from './source-files.ts'

test('SECURITY.md claims what the tests show, no more and no less (`npm run proofs` writes it)', () => {
  const document = readFileSync(join(projectRoot, 'SECURITY.md'), 'utf8')
  expect(document).toBe(writeProofTable(document, readProofs(projectRoot)))
})
