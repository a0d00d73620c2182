import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type Disagreement, type Layer, mergePrices } from './prices/merge-prices.ts'
import { formatPriceList, type PriceList, parsePriceList } from './prices/price-list.ts'
import { readGenaiPrices } from './prices/read-genai-prices.ts'
import { readLitellm } from './prices/read-litellm.ts'
import { readWheelFile } from './prices/read-wheel.ts'
import { renderDisagreements } from './prices/render-disagreements.ts'

/** The lock of a data set: the file that it was read from, and the checksum of its extract. */
interface LockedSource {
  readonly version: string
  /** The day of the version's release, according to the registry. */
  readonly released: string
  readonly wheel: string
  readonly wheel_sha256: string
  readonly file: string
  readonly file_sha256: string
  readonly extract_sha256: string
}

interface Lock {
  /** The day for which the data sets were read. */
  readonly day: string
  readonly sources: Readonly<Record<SourceName, LockedSource>>
}

type SourceName = 'litellm' | 'genai-prices'

interface DataSet {
  readonly title: string
  readonly wheel: RegExp
  /** The path of the data in the wheel. */
  readonly file: string
  readonly licence: string
  read(text: string, day: string): PriceList
}

const dataSets: Readonly<Record<SourceName, DataSet>> = {
  litellm: {
    title: 'LiteLLM',
    wheel: /^litellm-([\d.]+)-.*\.whl$/,
    file: 'litellm/model_prices_and_context_window_backup.json',
    licence: 'https://github.com/BerriAI/litellm, MIT, © Berri AI',
    read: readLitellm,
  },
  'genai-prices': {
    title: 'genai-prices',
    wheel: /^genai_prices-([\d.]+)-.*\.whl$/,
    file: 'genai_prices/data.py',
    licence: 'https://github.com/pydantic/genai-prices, MIT, © Pydantic Services Inc.',
    read: readGenaiPrices,
  },
}
const sourceNames = Object.keys(dataSets) as SourceName[]

/**
 * Writes src/metering/prices.generated.ts and docs/price-disagreements.md from the files of the repository. Fetches nothing.
 *
 *   npm run prices:update [-- --day 2026-11-22]
 *   npm run prices:update -- --wheels DIR [--released litellm=2026-12-01]
 *
 * The second form first imports the wheels in DIR; the default is node_modules/.cache/weir-prices. A wheel of the locked
 * version must be the same file. A wheel of another version needs `--released` with its release day.
 */
if (import.meta.main) {
  const cache = inRepository('../node_modules/.cache/weir-prices')
  const { values } = parseArgs({
    options: {
      day: { type: 'string' },
      wheels: { type: 'string', ...(existsSync(cache) && { default: cache }) },
      released: { type: 'string', multiple: true, default: [] },
    },
  })
  const today = new Date().toISOString().slice(0, 10)
  if (values.wheels !== undefined) importWheels(values.wheels, values.day ?? today, values.released)
  const { text, disagreements, counts } = renderPriceTable(values.day ?? readLock().day)
  writeFileSync(inRepository('../src/metering/prices.generated.ts'), text)
  writeFileSync(inRepository('../docs/price-disagreements.md'), renderDisagreements(disagreements, describeSources()))
  console.log(JSON.stringify(counts))
  console.log(`${disagreements.length} disagreements, in docs/price-disagreements.md`)
  console.log(`${text.length} characters, ${gzipSync(text).length} compressed`)
}

function importWheels(folder: string, day: string, released: readonly string[]): void {
  const lock = readLock()
  const days = new Map(released.map((each) => each.split('=') as [string, string]))
  const sources = sourceNames.map((name) => {
    const { title, wheel, file, licence, read } = dataSets[name]
    const found = readdirSync(folder).filter((entry) => wheel.test(entry))
    const [path] = found
    if (path === undefined || found.length > 1)
      throw new Error(`${folder} must contain one wheel of ${name}: pip download ${name} --no-deps -d ${folder}`)
    const bytes = readFileSync(join(folder, path))
    const version = wheel.exec(path)?.[1] ?? ''
    const known = lock.sources[name]
    if (version === known.version && sha256(bytes) !== known.wheel_sha256 && path === known.wheel)
      throw new Error(`${path} differs from the file that scripts/prices/sources.json locks.`)
    const releaseDay = version === known.version ? known.released : days.get(name)
    if (releaseDay === undefined) throw new Error(`Set the release day of ${path}: --released ${name}=2026-12-01`)
    const content = readWheelFile(bytes, file)
    const head = [
      `# ${title} ${version} of ${releaseDay} (${licence}), as of ${day}`,
      '# Written by scripts/update-prices.ts. Corrections belong into by-hand.txt.',
    ]
    const extract = `${[...head, formatPriceList(read(content, day))].join('\n')}\n`
    writeFileSync(inRepository(`prices/${name}.txt`), extract)
    const locked: LockedSource = {
      version,
      released: releaseDay,
      wheel: path,
      wheel_sha256: sha256(bytes),
      file,
      file_sha256: sha256(content),
      extract_sha256: sha256(extract),
    }
    return [name, locked] as const
  })
  const json = JSON.stringify({ day, sources: Object.fromEntries(sources) }, null, 2)
  writeFileSync(inRepository('prices/sources.json'), `${json}\n`)
}

export interface RenderedTable {
  /** The content of src/metering/prices.generated.ts. */
  readonly text: string
  readonly disagreements: readonly Disagreement[]
  /** The number of models of each price source. */
  readonly counts: Readonly<Record<string, number>>
}

/** Renders the price table of a day, such as `2026-11-22`. The result depends only on the data and the day. */
export function renderPriceTable(day: string): RenderedTable {
  const byHand = readText('prices/by-hand.txt')
  const { list, disagreements } = mergePrices([readByHand(byHand), ...readDataSets()], day)
  const described = describeSources().map((line, index) => `// ${index + 2}. ${line}`)
  const text = `// Written by scripts/update-prices.ts. Do not change it here; run: npm run prices:update
// Prices as of ${day}, from these sources. The first source of a model counts; docs/price-disagreements.md lists where the others differ.
// 1. scripts/prices/by-hand.txt, which names the source of each row
${described.join('\n')}
// src/metering/price-table.ts explains the letters; figures are USD per million.

export const priceTable = \`${formatPriceList(list)}\`
`
  const counts = Object.fromEntries([...list].map(([source, prices]) => [source, prices.size]))
  return { text, disagreements, counts }
}

/** Returns the two data sets, the newer first. */
function readDataSets(): readonly Layer[] {
  return newestFirst().map((name, index, all): Layer => {
    const { title } = dataSets[name]
    const own = readLock().sources[name]
    const other = all.find((each) => each !== name)
    const why =
      other === undefined || index > 0 ? '' : `${own.released} is newer than ${readLock().sources[other].released}`
    const list = parsePriceList(readText(`prices/${name}.txt`))
    return { name: title, list, why: () => why, knowsWindow: name === 'genai-prices' }
  })
}

function readByHand(text: string): Layer {
  const pages = new Map<string, string>()
  let source = ''
  let page = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('@')) source = line.slice(1)
    else if (line.startsWith('# ')) page = line.slice(2)
    else for (const name of line.split('|', 1)[0]?.split(' ') ?? []) pages.set(`${source} ${name}`, page)
  }
  return { name: 'by hand', list: parsePriceList(text), why: (of, model) => pages.get(`${of} ${model}`) ?? '' }
}

function newestFirst(): readonly SourceName[] {
  const { sources } = readLock()
  return [...sourceNames].sort((one, other) => (sources[one].released < sources[other].released ? 1 : -1))
}

export function describeSources(): readonly string[] {
  const { sources } = readLock()
  return newestFirst().map((name) => {
    const { title, licence, file } = dataSets[name]
    const { version, released } = sources[name]
    return `${title} ${version} of ${released}, ${file} (${licence})`
  })
}

export function readLock(): Lock {
  return JSON.parse(readText('prices/sources.json'))
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function inRepository(path: string): string {
  return new URL(path, import.meta.url).pathname
}

function readText(path: string): string {
  return readFileSync(inRepository(path), 'utf8')
}
