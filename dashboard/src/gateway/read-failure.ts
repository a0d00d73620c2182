import { isObject, readString } from './json.ts'
import { RequestFailure } from './request-failure.ts'

const shownCharacters = 400

/** Reads the error of a refused call in any form: OpenAI's, plain text, or an empty body. */
export async function readFailure(response: Response): Promise<RequestFailure> {
  const text = await response.text().catch(() => '')
  const error = parseError(text)
  return new RequestFailure('refused', readString(error, 'message') ?? plainText(response, text), {
    status: response.status,
    code: readString(error, 'code') ?? readString(error, 'type'),
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfter: response.headers.get('retry-after') ?? undefined,
  })
}

/** Reads an error event of a stream that has begun. */
export function readStreamFailure(error: unknown): RequestFailure {
  const message = typeof error === 'string' ? error : readString(error, 'message')
  return new RequestFailure('refused', message ?? JSON.stringify(error), {
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

// A proxy in between may return an HTML page, which is useless here.
function plainText(response: Response, text: string): string {
  const isPage = response.headers.get('content-type')?.includes('html') ?? false
  const shown = isPage ? '' : text.trim().slice(0, shownCharacters)
  return shown || response.statusText || `HTTP ${response.status}`
}
