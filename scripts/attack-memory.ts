import { attackNames, attackServer } from '../test/faults/memory-attacks.ts'

/**
 * Attacks a server with a heap of 256 MB, one attack after the other, and prints a table of their cost: `node scripts/attack-memory.ts [NAME…]`, on
 * Linux, with nothing else running.
 */
const wanted = process.argv.slice(2)
console.log('| attack | sent | growth | longest step | /livez p99 | answers |\n| --- | --- | --- | --- | --- | --- |')
for (const name of wanted.length === 0 ? attackNames : wanted) {
  const { isAlive, sentMiB, grownMiB, longestStepMs, livezP99Ms, answers } = await attackServer(name)
  const figures = [
    `${sentMiB.toFixed(1)} MiB`,
    `${grownMiB.toFixed(0)} MiB`,
    `${longestStepMs.toFixed(0)} ms`,
    `${livezP99Ms.toFixed(0)} ms`,
  ]
  console.log(
    `| ${[name, ...(isAlive ? figures : ['dead', '', '', '']), answers.slice(0, 3).join(', ').slice(0, 160)].join(' | ')} |`,
  )
}
process.exit(0)
