import { isJsonObject } from '../../core/json.ts'
import { checkListLength, type DemoCall } from './call.ts'
import { readContent } from './plan-output.ts'
import { type Reply, toJsonReply } from './reply.ts'

/** OpenAI's categories, and whether each applies to images. */
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

/** The same as for embeddings; OpenAI documents no maximum here. */
const maxInputs = 2_048

/** `POST /moderations`. Flags a text that names a category, such as `violence`, which lets a page test both results. */
export function moderate({ body, id, model }: DemoCall): Reply {
  const list: readonly unknown[] = Array.isArray(body.input) ? body.input : [body.input]
  // Strings of a list are judged one by one; a list of parts is one input.
  const inputs = list.some(isJsonObject)
    ? [readContent(list)]
    : list.map((text) => ({ text: String(text), attachments: [] }))
  checkListLength(inputs.length, maxInputs, 'input')
  const results = inputs.map(({ text, attachments }) => {
    const words = text.toLowerCase()
    const hasImage = attachments.includes('image')
    const byName = (toValue: (isFlagged: boolean, appliesToImages: boolean) => unknown) =>
      Object.fromEntries(
        Object.entries(categories).map(([name, appliesToImages]) => [
          name,
          toValue(words.includes(name), appliesToImages),
        ]),
      )
    return {
      flagged: Object.keys(categories).some((name) => words.includes(name)),
      categories: byName((isFlagged) => isFlagged),
      category_scores: byName((isFlagged) => (isFlagged ? 0.99 : 0.01)),
      category_applied_input_types: byName((_, appliesToImages) =>
        appliesToImages && hasImage ? ['text', 'image'] : ['text'],
      ),
    }
  })
  return toJsonReply({ id: `modr-demo-${id}`, model, results })
}
