import { bearer, type Gateway } from '../../support/gateway.ts'

export interface SessionBody {
  readonly id: string
  readonly object: string
  readonly title: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly message_count: number
}

export interface MessageBody {
  readonly id: string
  readonly object: string
  readonly position: number
  readonly role: string
  readonly content: unknown
  readonly status: string
  readonly model: string | null
  readonly created_at: number
  readonly tool_calls?: unknown
}

export interface PageBody<Item> {
  readonly object: string
  readonly data: readonly Item[]
  readonly has_more: boolean
  readonly next: string | null
}

export interface Reply<Body> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

export interface Request {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged; anything else as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** A client's operations on sessions. */
export interface SessionClient {
  request<Body>(path: string, request?: Request): Promise<Reply<Body>>
  create(title?: string): Promise<SessionBody>
  /** Sends one prompt, or whole messages, in a session; does not read the response. */
  open(session: string, prompt: string | readonly object[], fields?: object): Promise<Response>
  /** The same, and reads the response. */
  chat(session: string, prompt: string | readonly object[], fields?: object): Promise<Reply<unknown>>
  /** The last 100 messages. */
  messages(session: string): Promise<readonly MessageBody[]>
  /** Role and content of the last 100 messages. */
  turns(session: string): Promise<readonly (readonly [role: string, content: unknown])[]>
}

export function createSessionClient(
  gateway: Gateway,
  credentials: Readonly<Record<string, string>> = bearer,
): SessionClient {
  async function request<Body>(path: string, { method, headers, body, signal }: Request = {}): Promise<Reply<Body>> {
    const response = await fetch(gateway.url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...credentials, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(signal !== undefined && { signal }),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : undefined) as Body,
    }
  }

  const open: SessionClient['open'] = (session, prompt, fields) =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...credentials, 'content-type': 'application/json', 'x-session-id': session },
      body: JSON.stringify({ model: 'gpt-4.1', messages: toMessages(prompt), ...fields }),
    })

  const messages: SessionClient['messages'] = async (session) =>
    (await request<PageBody<MessageBody>>(`/v1/sessions/${session}/messages?limit=100`)).body.data

  return {
    request,
    open,
    messages,
    create: async (title) =>
      (await request<SessionBody>('/v1/sessions', { body: title === undefined ? {} : { title } })).body,
    async chat(session, prompt, fields) {
      const response = await open(session, prompt, fields)
      return { status: response.status, headers: response.headers, text: await response.text(), body: undefined }
    },
    turns: async (session) => (await messages(session)).map(({ role, content }) => [role, content] as const),
  }
}

function toMessages(prompt: string | readonly object[]): readonly object[] {
  return typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt
}
