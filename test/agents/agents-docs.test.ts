import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { pairs } from './pairs.ts'
import versions from './programs/package.json' with { type: 'json' }

const agents = new Set(pairs.map(({ agent }) => agent))
const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')

describe.each(['docs/agents.md', 'docs/agents.zh-CN.md'])('%s', (path) => {
  const document = read(path)

  test.each([...agents])('shows the configuration with which $name is run, and its version', (agent) => {
    for (const [name, value] of Object.entries(agent.env)) expect(document).toContain(`export ${name}=${value}\n`)
    for (const [file, text] of Object.entries(agent.files)) {
      expect(document).toContain(`\`~/${file}\``)
      expect(document).toContain(`\n${text}\`\`\``)
    }
    expect(document).toContain(` | ${versions.dependencies[agent.package]} | `)
  })
})

test('each pair of an agent and a provider has a transcript of the versions that are run', () => {
  for (const { agent, model } of pairs) {
    const path = `docs/agents/${agent.id}-${model.dialect}.md`
    expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url))), path).toBe(true)
    expect(read(path)).toContain(`\`${agent.package}\` ${versions.dependencies[agent.package]}`)
  }
})
