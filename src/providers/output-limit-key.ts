import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { responses } from '../dialects/responses.ts'
import { documented } from '../schema/key-documentation.ts'
import { choice } from '../schema/value-schemas.ts'
import type { OutputLimit } from './provider.ts'

const names = ['max_tokens', 'max_completion_tokens'] as const

/** The key of kinds whose limit on output is not known: an operator may vouch for an upstream. */
export const outputLimitKey = documented(choice(names).optional(), {
  fallback: 'known of OpenAI’s own hosts (kind `openai`), else not known',
  meaning:
    'The field of a chat by which the upstream bounds all that it puts out, reasoning included; beside `max_completion_tokens`, a caller’s `max_tokens` counts as the same. A budget then lowers it to what it can pay. Without it, the longest answer of the model is set aside.',
})

/** The limit that the key stands for; undefined where it is left out. */
export function toVouchedLimit(name: (typeof names)[number] | undefined): OutputLimit | undefined {
  if (name === undefined) return undefined
  return {
    fields: [
      { dialect: chatCompletions, names: name === 'max_tokens' ? [name] : [name, 'max_tokens'] },
      { dialect: completions, names: ['max_tokens'] },
      // Azure's Responses API is OpenAI's, and refuses less.
      { dialect: responses, names: ['max_output_tokens'], min: 16 },
    ],
    includesReasoning: true,
    source: 'the configuration',
    checkedOn: '',
  }
}
