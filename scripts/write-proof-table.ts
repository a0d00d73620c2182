import type { Proof } from './read-proofs.ts'

const startMark = '<!-- proofs: written by `npm run proofs` -->'
const endMark = '<!-- end of proofs -->'

/** SECURITY.md with its table of proofs replaced, so that it cannot claim what no test shows. */
export function writeProofTable(document: string, proofs: readonly Proof[]): string {
  const start = document.indexOf(startMark)
  const end = document.indexOf(endMark)
  if (start === -1 || end < start) throw new Error('SECURITY.md has lost the two marks around its table of proofs.')
  const rows = proofs.map(({ id, claim, file }) => `| ${id} | ${claim.replaceAll('|', '\\|')} | [${file}](${file}) |`)
  const table = ['| id | what the test shows | test |', '| --- | --- | --- |', ...rows]
  return `${document.slice(0, start)}${startMark}\n\n${table.join('\n')}\n\n${document.slice(end)}`
}
