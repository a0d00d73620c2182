import { isObject, readString } from './json.ts'
import { RequestFailure } from './request-failure.ts'

const shownCharacters = 400

/** Reads what the server says about a call that it refused, whatever the shape: OpenAI's, a bare text, or nothing. */
export async function readFailure(response: Response): Promise<RequestFailure> {
  const text = await response.text().catch(() => '')
  const error = parseError(text)
  return new RequestFailure('answered', readString(error, 'message') ?? plainText(response, text), {
    status: response.status,
    code: readString(error, 'code') ?? readString(error, 'type'),
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfter: response.headers.get('retry-after') ?? undefined,
  })
}

/** Reads the error that a server sends inside a stream which it had already begun. */
export function readStreamFailure(error: unknown): RequestFailure {
  const message = typeof error === 'string' ? error : readString(error, 'message')
  return new RequestFailure('answered', message ?? JSON.stringify(error), {
    code: readString(error, 'code') ?? readString(error, 'type'),
  })
}

function parseError(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    if (!isObject(body)) return undefined
    return typeof body.error === 'string' ? { message: body.message ?? body.error } : (body.error ?? body)
  } catch {
    return undefined
  }
}

// A proxy in between answers with a whole HTML page, which nobody wants to read here.
function plainText(response: Response, text: string): string {
  const isPage = response.headers.get('content-type')?.includes('html') ?? false
  const shown = isPage ? '' : text.trim().slice(0, shownCharacters)
  return shown || response.statusText || `HTTP ${response.status}`
}
