import { type ChatBody, word } from './start-target.ts'

/** The result of a call from its caller's view. */
export interface ChatResult {
  readonly status: number
  /** Undefined unless the answer is whole. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined
  /** Tokens of output that have arrived, of an answer that is whole or not. */
  readonly receivedTokens: number
  /** `x-weir-provider`. */
  readonly provider: string | null
}

/** Sends a chat. A call whose connection breaks has the status 0. */
export async function sendChat(
  origin: string,
  secret: string,
  body: ChatBody & { readonly model: string },
): Promise<ChatResult> {
  const headers = {
    authorization: `Bearer ${secret}`,
    'content-type': 'application/json',
    'x-request-id': body.user,
  }
  const asked = body.stream === true ? { ...body, stream_options: { include_usage: true } } : body
  try {
    const response = await fetch(`${origin}/v1/chat/completions`, {
      ...{ method: 'POST', headers, body: JSON.stringify({ ...asked, max_tokens: 500 }) },
    })
    const text = await response.text()
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    const provider = response.headers.get('x-weir-provider')
    const receivedTokens = text.split(word).length - 1
    return { status: response.status, provider, receivedTokens, usage: readUsage(isStream ? lastEvent(text) : text) }
  } catch {
    return { status: 0, provider: null, receivedTokens: 0, usage: undefined }
  }
}

interface ReportedUsage {
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number }
}

function readUsage(json: string | undefined): ChatResult['usage'] {
  if (json === undefined) return undefined
  const { usage } = JSON.parse(json) as ReportedUsage
  return usage && { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
}

/** The event before the end of a stream; undefined if the stream does not end. */
function lastEvent(text: string): string | undefined {
  if (!text.endsWith('data: [DONE]\n\n')) return undefined
  return text.split('\n\n').at(-3)?.slice('data: '.length)
}
