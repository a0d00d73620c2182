import { parseArgs } from 'node:util'
import { readSourceFiles } from '../test/architecture/source-files.ts'
import { describeSources } from './metrics/describe-sources.ts'
import { traceCalls } from './metrics/trace-call.ts'
import { toTable } from './to-table.ts'

/**
 * Observations about the shape of `src/`, to look at before and after a change. None of them is a target.
 *
 *   npm run metrics [-- --list json|stream]
 *
 * The second form prints the files that such a call runs, in order.
 */
const { values } = parseArgs({ options: { list: { type: 'string' } } })
const { list } = values
if (list !== undefined && list !== 'json' && list !== 'stream') {
  console.error(`--list takes json or stream, not ${list}.`)
  process.exit(2)
}

const traces = await traceCalls()
if (list !== undefined) {
  console.log(traces[list].filesInOrder.join('\n'))
} else {
  const { linesByFolder, filesByFolder, privateFunctions, mentionedOnce } = describeSources(readSourceFiles('src'))
  const lines = [...linesByFolder.values()].reduce((sum, count) => sum + count, 0)
  const largest = [...filesByFolder].sort(([, left], [, right]) => right - left).slice(0, 10)
  const toRows = (counts: Iterable<readonly [string, number]>) =>
    [...counts].map(([name, count]) => [name, count.toLocaleString('en')])
  console.log('Observations, not targets.\n')
  console.log(
    toTable(
      ['one warm call with a virtual key runs', 'files', 'functions'],
      [
        ['a JSON chat', String(traces.json.files), String(traces.json.functions)],
        ['a stream of three chunks', String(traces.stream.files), String(traces.stream.functions)],
      ],
    ),
  )
  console.log(
    toTable(
      ['private top-level functions', ''],
      [
        ['for 1,000 lines', ((privateFunctions / lines) * 1_000).toFixed(1)],
        ['used in one place', `${Math.round((mentionedOnce / privateFunctions) * 100)} %`],
      ],
    ),
  )
  console.log(toTable(['lines of source', lines.toLocaleString('en')], toRows(linesByFolder)))
  console.log(toTable(['folders with the most files', 'files'], toRows(largest)))
}
