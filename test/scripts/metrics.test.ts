import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'
import { describeSources } from '../../scripts/metrics.ts'
import { projectRoot, type SourceFile } from '../architecture/source-files.ts'

test('counts top-level functions that their file does not export as private', () => {
  const metrics = describeSources([
    toFile(
      'src/http/app.ts',
      'export function app() { once(); twice(twice) }\nfunction once() {}\nfunction twice() {}\n',
    ),
    toFile('src/http/admin/audit.ts', 'const late = () => {}\nconst text = "late"\nexport { late }\n'),
    toFile('src/core/json.ts', 'const walk = () => {}\nexport const walkers = { walk, other: { walk: 1 }.walk }\n'),
  ])
  expect(metrics.privateFunctions).toBe(3)
  expect(metrics.mentionedOnce).toBe(2)
})

test('counts lines by top folder, and files by their own folder', () => {
  const { linesByFolder, filesByFolder } = describeSources([
    toFile('src/http/app.ts', '// one\n\nexport {}\n'),
    toFile('src/http/admin/audit.ts', 'export {}'),
    toFile('src/index.ts', 'export {}\n'),
  ])
  expect(Object.fromEntries(linesByFolder)).toEqual({ 'src/http': 4, src: 1 })
  expect(Object.fromEntries(filesByFolder)).toEqual({ 'src/http': 1, 'src/http/admin': 1, src: 1 })
})

test('`npm run metrics -- --list json` lists the files that a call runs, in order', async () => {
  const args = [join(projectRoot, 'scripts/metrics.ts'), '--list', 'json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: projectRoot })
  const files = stdout.trim().split('\n')
  expect(files.length).toBeGreaterThan(20)
  expect(files.indexOf('src/http/app.ts')).toBeLessThan(files.indexOf('src/pipeline/handle-call.ts'))
})

function toFile(path: string, text: string): SourceFile {
  return { path, text, program: parseSync(path, text).program, comments: [], imports: [] }
}
