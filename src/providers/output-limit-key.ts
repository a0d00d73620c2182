import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { generateContent, outputLimitPath } from '../dialects/generate-content.ts'
import { messages } from '../dialects/messages.ts'
import { responses } from '../dialects/responses.ts'
import { documented } from '../schema/key-documentation.ts'
import { choice } from '../schema/value-schemas.ts'
import type { OutputLimit } from './provider.ts'

const names = ['max_tokens', 'max_completion_tokens'] as const

/** The key of kinds whose output limit is unknown: the operator vouches for an upstream. */
export const outputLimitKey = documented(choice(names).optional(), {
  fallback: 'known for the own hosts of OpenAI and Anthropic (kinds `openai` and `anthropic`), else unknown',
  meaning:
    'Field of a chat or a message with which the upstream limits its whole output, reasoning included. With `max_completion_tokens`, a caller’s `max_tokens` counts as the same limit. A provider of the kind `gemini` takes either for its `maxOutputTokens`. A budget lowers this field to the tokens that it can pay. If unset, Weir reserves the maximum output of the model.',
})

/** Returns the output limit that the key declares; undefined if it is not set. */
export function toVouchedLimit(name: (typeof names)[number] | undefined): OutputLimit | undefined {
  if (name === undefined) return undefined
  return {
    fields: [
      { dialect: chatCompletions, names: name === 'max_tokens' ? [name] : [name, 'max_tokens'] },
      { dialect: completions, names: ['max_tokens'] },
      // Azure's Responses API is OpenAI's, and refuses lower limits.
      { dialect: responses, names: ['max_output_tokens'], min: 16 },
      { dialect: messages, names: ['max_tokens'] },
      { dialect: generateContent, names: [outputLimitPath] },
    ],
    includesReasoning: true,
    source: 'the configuration',
    checkedOn: '',
  }
}
