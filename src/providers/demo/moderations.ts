import { isJsonObject } from '../../core/json.ts'
import { type DemoCall, refuseLongList } from './call.ts'
import { readContent } from './plan-output.ts'
import { type Reply, toJsonReply } from './reply.ts'

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
const maxInputs = 2_048

/** `POST /moderations`. A text that names a category, such as `violence`, is flagged for it: a page can try both ways. */
export function moderate({ body, id, model }: DemoCall): Reply {
  const list: readonly unknown[] = Array.isArray(body.input) ? body.input : [body.input]
  // A list of texts is judged one by one, a list of parts as one.
  const inputs = list.some(isJsonObject)
    ? [readContent(list)]
    : list.map((text) => ({ text: String(text), attachments: [] }))
  refuseLongList(inputs.length, maxInputs, 'input')
  const results = inputs.map(({ text, attachments }) => {
    const words = text.toLowerCase()
    const hasImage = attachments.includes('image')
    const byName = (toValue: (isFlagged: boolean, looksAtImages: boolean) => unknown) =>
      Object.fromEntries(
        Object.entries(categories).map(([name, looksAtImages]) => [name, toValue(words.includes(name), looksAtImages)]),
      )
    return {
      flagged: Object.keys(categories).some((name) => words.includes(name)),
      categories: byName((isFlagged) => isFlagged),
      category_scores: byName((isFlagged) => (isFlagged ? 0.99 : 0.01)),
      category_applied_input_types: byName((_, looksAtImages) =>
        looksAtImages && hasImage ? ['text', 'image'] : ['text'],
      ),
    }
  })
  return toJsonReply({ id: `modr-demo-${id}`, model, results })
}
