import { parseArgs } from 'node:util'
import { type Arena, attackNames, openArena } from '../test/faults/memory-attacks.ts'

/**
 * Attacks a server with a heap of 256 MB and prints a table of the cost: `node scripts/attack-memory.ts [--one-server] [NAME…]`, on Linux, with nothing else
 * running. Each attack is made on a server of its own, or all of them on one.
 */
const { values, positionals } = parseArgs({ options: { 'one-server': { type: 'boolean' } }, allowPositionals: true })
console.log('| attack | sent | growth | longest step | /livez p99 | answers |\n| --- | --- | --- | --- | --- | --- |')
const shared = values['one-server'] === true ? await openArena() : undefined
for (const name of positionals.length === 0 ? attackNames : positionals) {
  const arena = shared ?? (await openArena())
  console.log(await toRow(name, arena))
  if (arena !== shared) await arena.close()
}
await shared?.close()
process.exit(0)

async function toRow(name: string, arena: Arena): Promise<string> {
  const { isAlive, sentMiB, grownMiB, longestStepMs, livezP99Ms, answers } = await arena.attack(name)
  const figures = [
    `${sentMiB.toFixed(1)} MiB`,
    `${grownMiB.toFixed(0)} MiB`,
    `${longestStepMs.toFixed(0)} ms`,
    `${livezP99Ms.toFixed(0)} ms`,
  ]
  return `| ${[name, ...(isAlive ? figures : ['dead', '', '', '']), answers.slice(0, 3).join(', ').slice(0, 160)].join(' | ')} |`
}
