import { bearer, type Gateway } from '../support/gateway.ts'

/** The five documents of the old proxy's front ends, unchanged. */
export const documents = {
  getAIResponse:
    'mutation GetAIResponse($input: ChatInput!) { getAIResponse(input: $input) { id content isUser timestamp success error } }',
  generateImage:
    'mutation GenerateImage($input: ImageInput!) { generateImage(input: $input) { id prompt images { url b64_json } model size quality style timestamp success error } }',
  createSession: 'mutation CreateSession { createSession { sessionId success } }',
  sendMessage:
    'mutation SendMessage($input: MessageInput!) { sendMessage(input: $input) { id content isUser timestamp success error } }',
  chatHistory:
    'query ChatHistory($sessionId: String) { chatHistory(sessionId: $sessionId) { id content isUser timestamp } }',
} as const

export const stream =
  'subscription Stream($input: ChatInput!) { streamAIResponse(input: $input) { delta message { id content isUser isComplete position } } }'

export interface Message {
  readonly id: string
  readonly content: string
  readonly isUser: boolean
  readonly timestamp: string
  readonly success: boolean
  readonly error: null
}

export interface ReplyEvent {
  readonly delta: string
  readonly message: (Pick<Message, 'id' | 'content' | 'isUser'> & { readonly isComplete: boolean }) | null
}

export interface GraphqlError {
  readonly message: string
  readonly locations?: readonly { readonly line: number; readonly column: number }[]
  readonly path?: readonly (string | number)[]
  readonly extensions: Readonly<Record<string, unknown>>
}

export interface GraphqlBody<Data> {
  readonly data: Data
  readonly errors?: readonly GraphqlError[]
}

export interface GraphqlResponse<Data> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: GraphqlBody<Data>
}

export interface GraphqlClient {
  /** Sends a document like a front end. */
  ask<Data = Record<string, never>>(
    query: string,
    variables?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<GraphqlResponse<Data>>
  /** Sends any body; a string is sent unchanged. */
  post<Data = Record<string, never>>(
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<GraphqlResponse<Data>>
  /** Subscribes without reading the response. */
  subscribe(query: string, variables?: object, signal?: AbortSignal): Promise<Response>
}

export function createGraphqlClient(
  gateway: Gateway,
  credentials: Readonly<Record<string, string>> = bearer,
): GraphqlClient {
  const send = (body: unknown, headers: Readonly<Record<string, string>>, signal?: AbortSignal) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { ...credentials, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    })

  const post: GraphqlClient['post'] = async (body, headers = {}) => {
    const response = await send(body, headers)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }

  return {
    post,
    ask: (query, variables, headers) => post({ query, variables }, headers),
    subscribe: (query, variables, signal) => send({ query, variables }, { accept: 'text/event-stream' }, signal),
  }
}

/** Returns the results of a finished subscription in order. */
export function readEvents<Data>(text: string): readonly GraphqlBody<Data>[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('event: next\n'))
    .map((event) => JSON.parse(event.slice('event: next\ndata: '.length)))
}

function parse<Data>(text: string): GraphqlBody<Data> {
  try {
    return JSON.parse(text)
  } catch {
    return { data: undefined as Data }
  }
}
