import { isJsonObject } from '../../core/json.ts'
import type { DemoCall, DemoReply } from './demo-call.ts'
import { readContent } from './text/read-content.ts'
import { refuseLongList } from './wire/refuse-long-list.ts'
import { toJsonReply } from './wire/to-json-reply.ts'

/** OpenAI's categories, and whether pictures are looked at for them. */
const categories: Readonly<Record<string, boolean>> = {
  harassment: false,
  'harassment/threatening': false,
  sexual: true,
  hate: false,
  'hate/threatening': false,
  illicit: false,
  'illicit/violent': false,
  'self-harm/intent': true,
  'self-harm/instructions': true,
  'self-harm': true,
  'sexual/minors': false,
  violence: true,
  'violence/graphic': true,
}

/** As for embeddings; OpenAI names no number here. */
const mostInputs = 2_048

/** `POST /moderations`. A text that names a category, such as `violence`, is flagged for it, so that a page can try both ways. */
export function moderate({ body, id, model }: DemoCall): DemoReply {
  const inputs = readInputs(body.input)
  refuseLongList(inputs.length, mostInputs, 'input')
  return toJsonReply({ id: `modr-demo-${id}`, model, results: inputs.map(judge) })
}

interface ModerationInput {
  readonly text: string
  readonly hasImage: boolean
}

/** A list of texts is judged one by one, a list of parts as one. */
function readInputs(input: unknown): readonly ModerationInput[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  if (!list.some(isJsonObject)) return list.map((text) => ({ text: String(text), hasImage: false }))
  const { text, attachments } = readContent(list)
  return [{ text, hasImage: attachments.includes('image') }]
}

function judge({ text, hasImage }: ModerationInput) {
  const words = text.toLowerCase()
  const verdicts = Object.entries(categories).map(([name, looksAtImages]) => ({
    name,
    isFlagged: words.includes(name),
    inputTypes: looksAtImages && hasImage ? ['text', 'image'] : ['text'],
  }))
  return {
    flagged: verdicts.some((verdict) => verdict.isFlagged),
    categories: Object.fromEntries(verdicts.map((verdict) => [verdict.name, verdict.isFlagged])),
    category_scores: Object.fromEntries(verdicts.map((verdict) => [verdict.name, verdict.isFlagged ? 0.99 : 0.01])),
    category_applied_input_types: Object.fromEntries(verdicts.map((verdict) => [verdict.name, verdict.inputTypes])),
  }
}
