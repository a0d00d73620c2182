import { createPriceTable } from './price-table.ts'
import { priceTable } from './prices.generated.ts'

/** What passes into a model or comes out of it. */
export type Modality = 'text' | 'image' | 'audio' | 'video' | 'file' | 'embedding'

/** The facts of a model that the data sets know beside its price. */
export interface ModelFacts {
  /** The most tokens that go in. */
  readonly contextTokens?: number
  readonly maxOutputTokens?: number
  readonly input?: readonly Modality[]
  readonly output?: readonly Modality[]
  /** `2027-01-14`, UTC. */
  readonly shutdownDate?: string
}

/** The generated table, shared by all that read it, since it is indexed as it is read. */
export const modelTable = createPriceTable(priceTable)

/** The facts of a model in a section of the table, by its exact name. */
export function findFacts(source: string, model: string): ModelFacts | undefined {
  const text = modelTable.facts(source, model)
  if (text === undefined) return undefined
  const maxOutputTokens = modelTable.find(source, model)?.maxOutputTokens
  return { ...(maxOutputTokens !== undefined && { maxOutputTokens }), ...parseFacts(text) }
}

/** Models of a section that a data set has facts of; snapshots, which are named by their day, and fine-tuned ones are left out. */
export function listCurrentModels(source: string): readonly string[] {
  return modelTable.names(source).filter((model) => !/^ft:|-(20\d\d-\d\d-\d\d|\d{4})$/.test(model))
}

const modalities: Readonly<Record<string, Modality>> = {
  t: 'text',
  i: 'image',
  a: 'audio',
  v: 'video',
  f: 'file',
  e: 'embedding',
}

/** Reads facts as the table writes them: `n922000` tokens of input, `ti>t` text and images in and text out, `d2027-01-14` the day of the shutdown. */
export function parseFacts(text: string): ModelFacts {
  const facts: { -readonly [name in keyof ModelFacts]: ModelFacts[name] } = {}
  for (const field of text.split(' ')) {
    const [input, output] = field.split('>')
    if (input !== undefined && output !== undefined) {
      facts.input = toModalities(input)
      facts.output = toModalities(output)
    } else if (field.startsWith('n')) facts.contextTokens = Number(field.slice(1))
    else if (field.startsWith('d')) facts.shutdownDate = field.slice(1)
  }
  return facts
}

export function formatFacts({ contextTokens, input = [], output = [], shutdownDate }: ModelFacts): string {
  const fields: string[] = []
  if (contextTokens !== undefined) fields.push(`n${contextTokens}`)
  if (output.length > 0) fields.push(`${toLetters(input)}>${toLetters(output)}`)
  if (shutdownDate !== undefined) fields.push(`d${shutdownDate}`)
  return fields.join(' ')
}

function toModalities(letters: string): readonly Modality[] {
  return [...letters].flatMap((letter) => modalities[letter] ?? [])
}

function toLetters(list: readonly Modality[]): string {
  return Object.entries(modalities)
    .filter(([, name]) => list.includes(name))
    .map(([letter]) => letter)
    .join('')
}
