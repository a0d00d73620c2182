import type { RequestFailure } from '../gateway/request-failure.ts'
import type { Strings } from '../strings.ts'

interface Explanation {
  readonly summary: string
  /** The message of the server, which names the limit, the field or the model. Absent if it is the summary. */
  readonly detail?: string
}

/** Explains a failure in the language of the page by its code. The message of the server stands in for an unknown code. */
export function explainFailure(
  { reason, message, details: { code } }: RequestFailure,
  text: Strings['failure'],
): Explanation {
  if (reason !== 'refused') return { summary: text[reason] }
  // A code comes from a server: `constructor` must not find a member of every object.
  const summary = code !== undefined && Object.hasOwn(text.codes, code) ? text.codes[code] : undefined
  if (summary === undefined) return { summary: message }
  return message === '' ? { summary } : { summary, detail: message }
}
