/** The response of `POST /v1/client_tokens` to a server key. Only these fields are read. */
export interface Token {
  readonly value: string
  /** The seconds that it lives from now on: a page's clock may be wrong, so this is better than `expires_at`. */
  readonly expires_in?: number
  /** In seconds since 1970. */
  readonly expires_at?: number
}

export interface ConnectOptions {
  /** The server's address. Default: the server that this file came from. */
  readonly url?: string
  /**
   * Returns the caller's token. An object (`Token`) is kept in memory and renewed before it expires. A string, such as the
   * session token of a login, is requested for each call, because the library of its issuer caches it. An empty string
   * sends none, for a login whose proxy adds a header of its own. `renew` is true if the server has just refused the
   * previous token. Without this function, the users of the page are anonymous visitors of the server.
   */
  readonly token?: (renew: boolean) => MaybeToken | Promise<MaybeToken>
  /** Solves the server's challenge for a visitor, and returns the response token of its widget. */
  readonly challenge?: (siteKey: string) => string | Promise<string>
}

type MaybeToken = Token | string | null | undefined

/** The options of `fetch`, and the stored conversation to which the call belongs. */
export interface CallInit extends RequestInit {
  readonly session?: string | undefined
}

/** A request of OpenAI's chat completions. */
export interface ChatBody {
  readonly model: string
  readonly messages: readonly Message[]
  readonly [field: string]: unknown
}

export interface Message {
  readonly role: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

/** One event of a streamed chat completion. */
export interface ChatChunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string | null; readonly [field: string]: unknown }
    readonly finish_reason?: string | null
  }[]
  readonly [field: string]: unknown
}

/** The text of an answer, piece by piece; or, with `events`, its whole events. Read one of them, once. */
export interface Chat extends AsyncIterable<string> {
  readonly events: AsyncIterable<ChatChunk>
}

/** A conversation that the server stores. */
export interface Session {
  /** Undefined until the first message is sent. Keep it to continue the conversation later. */
  readonly id: string | undefined
  /** Sends a message, as text or as OpenAI's content parts, and streams the answer. */
  send(content: unknown, init?: CallInit): Chat
  /** Returns the last 100 messages, oldest first. */
  messages(): Promise<readonly Message[]>
}

export interface Weir {
  /** The base URL for an SDK of OpenAI that calls `fetch` below. */
  readonly baseURL: string
  /** `fetch` with the caller's token, for a path or a URL of this server. Renews a refused token once. */
  fetch(input: string | URL | Request, init?: CallInit): Promise<Response>
  /** Sends a body as JSON, or without a body a GET. Returns the parsed response. Rejects with WeirError. */
  json<Result = unknown>(path: string, body?: unknown, init?: CallInit): Promise<Result>
  /**
   * Sends fields and files as a form, such as a recording to `/v1/audio/transcriptions`. An array repeats its field. Returns
   * the parsed response. Rejects with WeirError.
   */
  form<Result = unknown>(path: string, fields: Readonly<Record<string, unknown>>, init?: CallInit): Promise<Result>
  /** Streams an answer. Leaving the loop stops it. Throws WeirError, also if the answer breaks off. */
  chat(body: ChatBody, init?: CallInit): Chat
  /** Opens a stored conversation: that of `id`, or a new one. The other fields go with each message. */
  session(options: {
    readonly id?: string | undefined
    readonly model: string
    readonly [field: string]: unknown
  }): Session
}

/** A failed call. `message` says what to do. The error has these fields, and those of the server's error, such as `param`. */
export class WeirError extends Error {
  override name = 'WeirError'
  /** One of docs/errors.md, or `connection_lost` or `no_token`, which come from this file. */
  declare readonly code: string | null | undefined
  /** The status of the response; undefined without one. */
  declare readonly status: number | undefined
  /** Names the call in the server's log. */
  declare readonly requestId: string | null | undefined
  /** In seconds; 0 if the server does not say. */
  declare readonly retryAfter: number | undefined

  constructor(fields: ErrorFields) {
    super(fields.message)
    Object.assign(this, fields)
  }
}

interface ErrorFields {
  readonly message: string
  readonly code?: string | null
  readonly [field: string]: unknown
}

// Served as /client.js in at most 3,000 bytes, which a test counts: each helper below saves some.

/** Connects a page to Weir. */
export const connect = ({ url = '.', token, challenge }: ConnectOptions = {}): Weir => {
  const base = new URL(url, import.meta.url).href.replace(/\/$/, '')
  /** `until` is on the page's own clock, whatever it shows: only differences count. */
  let cached: { readonly value: string; readonly until: number } | undefined
  let pending: Promise<string> | false = false

  // A visitor stays the same after a reload. Storage may be forbidden, or hold anything: then the visitor is a new one.
  try {
    if (!token) cached = JSON.parse(sessionStorage[base])
  } catch {}

  /** Returns a token other than the refused one. Concurrent calls wait for the same one. */
  const authorize = (refused?: string): string | Promise<string> => {
    if (cached && Date.now() < cached.until && cached.value !== refused) return cached.value
    pending ||= (async () => {
      try {
        const now = Date.now()
        const got = await (token ? token(!!refused) : visit())
        if (typeof got === 'string') return got
        // A backend that has failed may return an error of its own.
        if (!got?.value)
          throw new WeirError({ code: 'no_token', message: 'The page has no token.', ...(got as Failed)?.error })
        cached = { value: got.value, until: now + 900 * (got.expires_in ?? (got.expires_at as number) - now / 1_000) }
        try {
          if (!token) sessionStorage[base] = JSON.stringify(cached)
        } catch {}
        return got.value
      } finally {
        pending = false
      }
    })()
    return pending
  }

  /** Admits a new visitor, or renews the token of the same one. */
  const visit = (solved?: string): Promise<Token> =>
    accept<Token>(fetch(`${base}/v1/visitors`, toInit({ challenge: solved, visitor: cached?.value }))).catch(
      async (error) => {
        if (!solved && challenge && error.code === 'challenge_required') return visit(await challenge(error.site_key))
        throw error
      },
    )

  const call = async (input: string | URL | Request, init?: CallInit, refused?: string): Promise<Response> => {
    const path = (input as string)[0] === '/' ? base + input : input
    const request = new Request((input as Request).clone?.() ?? path, init)
    if (!request.url.startsWith(`${base}/`)) throw Error(`Not Weir: ${request.url}`)
    const value = await authorize(refused)
    if (value) request.headers.set('authorization', `Bearer ${value}`)
    if (init?.session) request.headers.set('x-session-id', init.session)
    const response = await fetch(request)
    if (refused || response.ok) return response
    // token_expired, or invalid_api_key: the server has new secrets
    const isStale = /^(token_e|invalid_api)/.test((await toError(response.clone())).code as string)
    return isStale ? call(input, init, value) : response
  }

  const json = <Result>(path: string, body?: unknown, init?: CallInit) => accept<Result>(call(path, toInit(body, init)))

  async function* stream(body: ChatBody, init?: CallInit): AsyncGenerator<ChatChunk, void, void> {
    const sent = call('/v1/chat/completions', toInit({ ...body, stream: true }, init))
    const response = await accept<Response>(sent, true)
    let isComplete: unknown
    for await (const data of readEvents(response.body as Bytes)) {
      // Reads on after the last event, which leaves the connection usable.
      if (data === '[DONE]') isComplete = true
      else {
        const event = JSON.parse(data)
        if (event.error) throw await toError(response, event.error)
        isComplete ||= event.choices?.[0]?.finish_reason
        yield event
      }
    }
    if (!isComplete) lost(TypeError('cut off'))
  }

  return {
    baseURL: `${base}/v1`,
    fetch: call,
    json,
    form(path, fields, init) {
      const body = new FormData()
      for (const name in fields) for (const value of [fields[name]].flat()) body.append(name, value as Blob)
      return accept(call(path, { method: 'POST', body, ...init }))
    },
    chat: (body, init) => toChat(stream(body, init)),
    session({ id, ...fields }) {
      async function* send(content: unknown, init?: CallInit): AsyncGenerator<ChatChunk, void, void> {
        id ??= (await json<{ readonly id: string }>('/v1/sessions', {})).id
        yield* stream({ ...fields, messages: [{ role: 'user', content }] }, { ...init, session: id })
      }
      return {
        get id() {
          return id
        },
        send: (content, init) => toChat(send(content, init)),
        messages: async () =>
          id ? (await json<{ readonly data: Message[] }>(`/v1/sessions/${id}/messages?limit=100`)).data : [],
      }
    },
  }
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>

/** A response without the expected fields. */
type Failed = { readonly error?: Partial<ErrorFields> | undefined } | null | undefined

/** A Blob brings its content type. */
const toInit = (body: unknown, init?: CallInit): CallInit => ({
  ...(body ? { method: 'POST', body: new Blob([JSON.stringify(body)], { type: 'application/json' }) } : 0),
  ...init,
})

/** Returns the parsed body, or the response itself if it is a stream. */
const accept = async <Result>(sent: Promise<Response>, isStream?: boolean): Promise<Result> => {
  const response = await sent.catch(lost)
  if (!response.ok) throw await toError(response)
  return (isStream ? response : response.json()) as Result
}

const toError = async (response: Response, error?: Partial<ErrorFields>): Promise<WeirError> => {
  error ??= ((await response.json().catch(() => 0)) as Failed)?.error
  return new WeirError({
    message: `HTTP ${response.status}`,
    ...error,
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfter: +(response.headers.get('retry-after') as string),
  })
}

/** The network's errors are TypeErrors. Those of an AbortSignal pass unchanged. */
const lost = (cause: unknown): never => {
  throw cause instanceof TypeError
    ? new WeirError({ code: 'connection_lost', message: `Connection lost: ${cause.message}` })
    : cause
}

const toChat = (events: AsyncIterable<ChatChunk>): Chat => ({
  events,
  async *[Symbol.asyncIterator]() {
    for await (const { choices } of events) {
      const text = choices?.[0]?.delta?.content
      if (text) yield text
    }
  },
})

/**
 * Yields the data of each server-sent event, wherever the bytes are cut. Cancels the stream if its reader leaves.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* readEvents(stream: Bytes): AsyncGenerator<string, void, void> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let data = ''
  let endedInReturn = false
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(lost)
      if (done) return
      // A CR at the end of the previous chunk has ended its line already.
      const lines = (endedInReturn ? value.replace(/^\n/, '') : value).split(/\r\n?|\n/)
      endedInReturn = value.endsWith('\r')
      lines[0] = rest + lines[0]
      rest = lines.pop() as string
      for (const line of lines) {
        const field = /^data(?:: ?|$)(.*)/s.exec(line)
        if (field) data += `\n${field[1]}`
        if (line) continue
        if (data[1]) yield data.slice(1)
        data = ''
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
