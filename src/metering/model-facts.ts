import { createPriceTable } from './price-table.ts'
import { priceTable } from './prices.generated.ts'

/** A kind of model input or output. */
export type Modality = 'text' | 'image' | 'audio' | 'video' | 'file' | 'embedding'

/** The facts of a model that the data sets have beside its price. */
export interface ModelFacts {
  /** Maximum input tokens. */
  readonly contextTokens?: number
  readonly maxOutputTokens?: number
  readonly input?: readonly Modality[]
  readonly output?: readonly Modality[]
  /** `2027-01-14`, UTC. */
  readonly shutdownDate?: string
}

/** The generated table, shared by all readers because reading builds its index. */
export const modelTable = createPriceTable(priceTable)

/** Returns the facts of a model in a section of the table, by its exact name. */
export function findFacts(source: string, model: string): ModelFacts | undefined {
  const facts = modelTable.facts(source, model)
  if (facts === undefined) return undefined
  const maxOutputTokens = modelTable.find(source, model)?.maxOutputTokens
  return { ...(maxOutputTokens !== undefined && { maxOutputTokens }), ...parseFacts(facts) }
}

/** Lists the models of a section that have facts, without dated snapshots and fine-tuned models. */
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

/**
 * Parses facts in the form of the table: `n922000` tokens of input, `ti>t` text and images in and text out,
 * `d2027-01-14` the day of the shutdown.
 */
export function parseFacts(encoded: string): ModelFacts {
  const facts: { -readonly [name in keyof ModelFacts]: ModelFacts[name] } = {}
  for (const field of encoded.split(' ')) {
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
