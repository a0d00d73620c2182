import { parseArgs } from 'node:util'
import { runChild, runCommand } from './child.mjs'
import { ensureInstalled, findNode } from './setup.mjs'

const usage = `Runs the tests of test/fuzz with one seed after another, until one fails or the time is over.

  npm run fuzz -- [options]

  --minutes N   default 30
  --seed N      the first seed; each next one is 1 higher. Default: a random seed
  --only TEXT   only tests whose titles contain TEXT
`

/** Multiplies the number of cases in `npm test`. A seed takes one or two minutes. */
const factor = 10

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  const first = Number(values.seed)
  const end = performance.now() + Number(values.minutes) * 60_000
  if (values.help || Number.isNaN(first) || Number.isNaN(end)) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  await ensureInstalled()
  for (let seed = first; performance.now() < end; seed++) {
    console.log(`seed ${seed}`)
    const env = { ...process.env, FUZZ_SEED: String(seed), FUZZ_FACTOR: String(factor) }
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', 'test/fuzz', '-t', values.only]
    const { code } = await runChild(findNode(), args, { env })
    if (code !== 0) {
      console.log(`Seed ${seed} fails. To repeat it: npm run fuzz -- --seed ${seed} --minutes 1`)
      return 1
    }
  }
  return 0
})
