import { parseArgs } from 'node:util'
import { type Arena, attackNames, openArena } from '../test/faults/memory-attacks.ts'

/**
 * Attacks a server with a heap of 256 MB and prints a table of the cost. Needs Linux and an otherwise idle machine.
 * Each attack gets a new server; `--one-server` runs all of them on one.
 *
 *   node scripts/attack-memory.ts [--one-server] [NAME…]
 */
const { values, positionals } = parseArgs({ options: { 'one-server': { type: 'boolean' } }, allowPositionals: true })
console.log('| attack | sent | growth | longest step | /livez p99 | responses |\n| --- | --- | --- | --- | --- | --- |')
const shared = values['one-server'] === true ? await openArena() : undefined
for (const name of positionals.length === 0 ? attackNames : positionals) {
  const arena = shared ?? (await openArena())
  console.log(await toRow(name, arena))
  if (arena !== shared) await arena.close()
}
await shared?.close()
process.exit(0)

async function toRow(name: string, arena: Arena): Promise<string> {
  const { isAlive, sentMiB, grownMiB, maxStepMs, livezP99Ms, responses } = await arena.attack(name)
  const figures = [
    `${sentMiB.toFixed(1)} MiB`,
    `${grownMiB.toFixed(0)} MiB`,
    `${maxStepMs.toFixed(0)} ms`,
    `${livezP99Ms.toFixed(0)} ms`,
  ]
  return `| ${[name, ...(isAlive ? figures : ['dead', '', '', '']), responses.slice(0, 3).join(', ').slice(0, 160)].join(' | ')} |`
}
