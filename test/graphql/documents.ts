/** The five documents of the old proxy's front ends, to the letter. */
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
