import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { snippetLanguages, writeSnippet } from '../../dashboard/src/gateway/write-snippet.ts'

const open = { baseUrl: 'http://localhost:8787/v1', model: 'demo/chat', needsToken: false }

describe.each(snippetLanguages)('the %s example', (language) => {
  it('names the address and the model', () => {
    expect(writeSnippet(language, open)).toContain(open.baseUrl)
    expect(writeSnippet(language, open)).toContain(open.model)
  })

  it('speaks of a token only where one is needed', () => {
    expect(writeSnippet(language, open)).not.toContain('TOKEN')
    expect(writeSnippet(language, { ...open, needsToken: true })).toContain('TOKEN')
  })
})

it('S47 quotes a hostile model name, and pasting the curl example runs nothing else', () => {
  const model = `x'; echo pwned; '$(echo pwned)"\`echo pwned\``
  const script = `curl() { printf '%s\\n' "$@"; }\n${writeSnippet('curl', { ...open, model })}`
  const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n')
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ model })
})
