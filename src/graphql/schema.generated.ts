// Written by scripts/generate-docs.ts from schema.graphql. Change it there, then run: node scripts/generate-docs.ts
import type { GraphqlContext } from './graphql-context.ts'

export const typeDefs = "\"\"\"\nAny JSON value, unchanged.\n\"\"\"\nscalar JSON\n\ntype Query {\n  \"\"\"\n  The last `limit` messages of a session, oldest first; with `before`, the last messages before that position. Without a\n  session, an empty list.\n  \"\"\"\n  chatHistory(sessionId: String, limit: Int! = 100, before: Int): [Message!]\n\n  \"\"\"\n  Your sessions, most recently used first.\n  \"\"\"\n  sessions(\n    limit: Int! = 20\n    \"\"\"\n    The `next` of the previous page.\n    \"\"\"\n    after: String\n  ): SessionPage\n\n  \"\"\"\n  One of your sessions. The session of another caller is reported as not found.\n  \"\"\"\n  session(id: String!): Session\n\n  \"\"\"\n  A session with all its messages.\n  \"\"\"\n  exportSession(id: String!): SessionExport\n\n  \"\"\"\n  All models and aliases that you may use.\n  \"\"\"\n  models: [Model!]\n}\n\ntype Mutation {\n  \"\"\"\n  Sends messages to a model and returns its complete reply. `streamAIResponse` streams the reply.\n  \"\"\"\n  getAIResponse(input: ChatInput!): Message\n\n  \"\"\"\n  Generates images.\n  \"\"\"\n  generateImage(input: ImageInput!): GeneratedImage\n\n  \"\"\"\n  Creates a session. Pass its id to the other operations.\n  \"\"\"\n  createSession(title: String): SessionResult\n\n  \"\"\"\n  Adds a message to a session without calling a model. Without a session it returns the message and stores nothing.\n  \"\"\"\n  sendMessage(input: MessageInput!): Message\n\n  \"\"\"\n  Sets the title of a session; null removes it.\n  \"\"\"\n  renameSession(id: String!, title: String): Session\n\n  \"\"\"\n  Deletes a session and all its messages.\n  \"\"\"\n  deleteSession(id: String!): SessionResult\n}\n\ntype Subscription {\n  \"\"\"\n  Sends messages to a model and streams its reply as Server-Sent Events. The last event contains the complete message.\n  \"\"\"\n  streamAIResponse(input: ChatInput!): ReplyEvent\n}\n\n\"\"\"\nA request to a chat model.\n\"\"\"\ninput ChatInput {\n  \"\"\"\n  Default: `gpt-3.5-turbo`.\n  \"\"\"\n  model: String\n  messages: [ChatMessageInput!]!\n\n  \"\"\"\n  From 0 to 2. Default: 0.7.\n  \"\"\"\n  temperature: Float\n\n  \"\"\"\n  The maximum number of tokens in the reply. Default: 1000, unless `max_completion_tokens` is set.\n  \"\"\"\n  max_tokens: Int\n\n  \"\"\"\n  The maximum for newer models, which refuse `max_tokens`. It includes hidden reasoning tokens.\n  \"\"\"\n  max_completion_tokens: Int\n  top_p: Float\n  frequency_penalty: Float\n  presence_penalty: Float\n\n  \"\"\"\n  The session to continue. Its earlier messages are sent before `messages`, as many as fit the model, and the exchange\n  is stored.\n  \"\"\"\n  sessionId: String\n}\n\ninput ChatMessageInput {\n  \"\"\"\n  `user`, `assistant`, `system`, `developer` or `tool`.\n  \"\"\"\n  role: String!\n  content: String!\n}\n\n\"\"\"\nA request to an image model. The allowed values depend on the model; an error lists them.\n\"\"\"\ninput ImageInput {\n  prompt: String!\n\n  \"\"\"\n  Default: `dall-e-3`.\n  \"\"\"\n  model: String\n\n  \"\"\"\n  The number of images. Default: 1.\n  \"\"\"\n  n: Int\n\n  \"\"\"\n  Default: `1024x1024`.\n  \"\"\"\n  size: String\n\n  \"\"\"\n  For dall-e-3: `standard` (default) or `hd`.\n  \"\"\"\n  quality: String\n\n  \"\"\"\n  For dall-e-3: `vivid` (default) or `natural`.\n  \"\"\"\n  style: String\n\n  \"\"\"\n  `url` (default) or `b64_json`.\n  \"\"\"\n  response_format: String\n\n  \"\"\"\n  The session that stores the prompt and the image URLs.\n  \"\"\"\n  sessionId: String\n}\n\ninput MessageInput {\n  content: String!\n\n  \"\"\"\n  False for a message of a model. Default: true.\n  \"\"\"\n  isUser: Boolean\n  sessionId: String\n}\n\ntype Message {\n  \"\"\"\n  Starts with `msg_`.\n  \"\"\"\n  id: ID!\n\n  \"\"\"\n  The text of the message. Other content, such as images, is in `chatMessage`.\n  \"\"\"\n  content: String!\n\n  \"\"\"\n  True for a message of the user, false for one of a model.\n  \"\"\"\n  isUser: Boolean!\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  timestamp: String!\n\n  \"\"\"\n  Always true: a failure is an entry of `errors`.\n  \"\"\"\n  success: Boolean!\n\n  \"\"\"\n  Always null: a failure is an entry of `errors`.\n  \"\"\"\n  error: String\n\n  \"\"\"\n  `user`, `assistant`, `system`, `developer` or `tool`.\n  \"\"\"\n  role: String!\n\n  \"\"\"\n  False for a reply that was interrupted.\n  \"\"\"\n  isComplete: Boolean!\n\n  \"\"\"\n  The model that wrote the message.\n  \"\"\"\n  model: String\n\n  \"\"\"\n  The position in the session, from 1; null if the message is not stored.\n  \"\"\"\n  position: Int\n\n  \"\"\"\n  The complete message in the format of chat completions.\n  \"\"\"\n  chatMessage: JSON!\n}\n\ntype GeneratedImage {\n  \"\"\"\n  Starts with `img_`.\n  \"\"\"\n  id: ID!\n  prompt: String!\n  images: [Image!]!\n  model: String!\n  size: String\n  quality: String\n  style: String\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  timestamp: String!\n\n  \"\"\"\n  Always true: a failure is an entry of `errors`.\n  \"\"\"\n  success: Boolean!\n\n  \"\"\"\n  Always null: a failure is an entry of `errors`.\n  \"\"\"\n  error: String\n}\n\ntype Image {\n  url: String\n\n  \"\"\"\n  The image as base64.\n  \"\"\"\n  b64_json: String\n\n  \"\"\"\n  The prompt as the model revised it.\n  \"\"\"\n  revised_prompt: String\n}\n\ntype SessionResult {\n  \"\"\"\n  Starts with `session_`.\n  \"\"\"\n  sessionId: String!\n  success: Boolean!\n}\n\ntype Session {\n  \"\"\"\n  Starts with `session_`.\n  \"\"\"\n  id: ID!\n  title: String\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  createdAt: String!\n\n  \"\"\"\n  The time of the last use. ISO 8601, UTC.\n  \"\"\"\n  updatedAt: String!\n  messageCount: Int!\n\n  \"\"\"\n  The last messages, oldest first; with `before`, the last messages before that position.\n  \"\"\"\n  messages(limit: Int! = 20, before: Int): MessagePage!\n}\n\ntype SessionPage {\n  items: [Session!]!\n\n  \"\"\"\n  The cursor of the next page; null at the end.\n  \"\"\"\n  next: String\n}\n\ntype MessagePage {\n  items: [Message!]!\n\n  \"\"\"\n  The value of `before` for the previous messages; null at the beginning.\n  \"\"\"\n  next: Int\n}\n\ntype SessionExport {\n  session: Session!\n  messages: [Message!]!\n}\n\ntype Model {\n  id: ID!\n  ownedBy: String!\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  created: String!\n}\n\n\"\"\"\nA part of a streamed reply.\n\"\"\"\ntype ReplyEvent {\n  \"\"\"\n  The next part of the text; empty in the last event.\n  \"\"\"\n  delta: String!\n\n  \"\"\"\n  The complete message, as stored in the session if one is set. Null except in the last event.\n  \"\"\"\n  message: Message\n}\n"

export interface QueryChatHistoryArgs {
  readonly sessionId?: string | null | undefined
  readonly limit: number
  readonly before?: number | null | undefined
}

export interface QuerySessionsArgs {
  readonly limit: number
  readonly after?: string | null | undefined
}

export interface QuerySessionArgs {
  readonly id: string
}

export interface QueryExportSessionArgs {
  readonly id: string
}

export interface QueryResolvers {
  readonly chatHistory: (args: QueryChatHistoryArgs, context: GraphqlContext) => Promise<readonly Message[] | null>
  readonly sessions: (args: QuerySessionsArgs, context: GraphqlContext) => Promise<SessionPage | null>
  readonly session: (args: QuerySessionArgs, context: GraphqlContext) => Promise<Session | null>
  readonly exportSession: (args: QueryExportSessionArgs, context: GraphqlContext) => Promise<SessionExport | null>
  readonly models: (args: unknown, context: GraphqlContext) => Promise<readonly Model[] | null>
}

export interface MutationGetAIResponseArgs {
  readonly input: ChatInput
}

export interface MutationGenerateImageArgs {
  readonly input: ImageInput
}

export interface MutationCreateSessionArgs {
  readonly title?: string | null | undefined
}

export interface MutationSendMessageArgs {
  readonly input: MessageInput
}

export interface MutationRenameSessionArgs {
  readonly id: string
  readonly title?: string | null | undefined
}

export interface MutationDeleteSessionArgs {
  readonly id: string
}

export interface MutationResolvers {
  readonly getAIResponse: (args: MutationGetAIResponseArgs, context: GraphqlContext) => Promise<Message | null>
  readonly generateImage: (args: MutationGenerateImageArgs, context: GraphqlContext) => Promise<GeneratedImage | null>
  readonly createSession: (args: MutationCreateSessionArgs, context: GraphqlContext) => Promise<SessionResult | null>
  readonly sendMessage: (args: MutationSendMessageArgs, context: GraphqlContext) => Promise<Message | null>
  readonly renameSession: (args: MutationRenameSessionArgs, context: GraphqlContext) => Promise<Session | null>
  readonly deleteSession: (args: MutationDeleteSessionArgs, context: GraphqlContext) => Promise<SessionResult | null>
}

export interface SubscriptionStreamAIResponseArgs {
  readonly input: ChatInput
}

export interface SubscriptionResolvers {
  readonly streamAIResponse: (args: SubscriptionStreamAIResponseArgs, context: GraphqlContext) => Promise<AsyncIterable<ReplyEvent | null>>
}

export interface ChatInput {
  readonly model?: string | null | undefined
  readonly messages: readonly ChatMessageInput[]
  readonly temperature?: number | null | undefined
  readonly max_tokens?: number | null | undefined
  readonly max_completion_tokens?: number | null | undefined
  readonly top_p?: number | null | undefined
  readonly frequency_penalty?: number | null | undefined
  readonly presence_penalty?: number | null | undefined
  readonly sessionId?: string | null | undefined
}

export interface ChatMessageInput {
  readonly role: string
  readonly content: string
}

export interface ImageInput {
  readonly prompt: string
  readonly model?: string | null | undefined
  readonly n?: number | null | undefined
  readonly size?: string | null | undefined
  readonly quality?: string | null | undefined
  readonly style?: string | null | undefined
  readonly response_format?: string | null | undefined
  readonly sessionId?: string | null | undefined
}

export interface MessageInput {
  readonly content: string
  readonly isUser?: boolean | null | undefined
  readonly sessionId?: string | null | undefined
}

export interface Message {
  readonly id: string
  readonly content: string
  readonly isUser: boolean
  readonly timestamp: string
  readonly success: boolean
  readonly error?: string | null | undefined
  readonly role: string
  readonly isComplete: boolean
  readonly model?: string | null | undefined
  readonly position?: number | null | undefined
  readonly chatMessage: unknown
}

export interface GeneratedImage {
  readonly id: string
  readonly prompt: string
  readonly images: readonly Image[]
  readonly model: string
  readonly size?: string | null | undefined
  readonly quality?: string | null | undefined
  readonly style?: string | null | undefined
  readonly timestamp: string
  readonly success: boolean
  readonly error?: string | null | undefined
}

export interface Image {
  readonly url?: string | null | undefined
  readonly b64_json?: string | null | undefined
  readonly revised_prompt?: string | null | undefined
}

export interface SessionResult {
  readonly sessionId: string
  readonly success: boolean
}

export interface SessionMessagesArgs {
  readonly limit: number
  readonly before?: number | null | undefined
}

export interface Session {
  readonly id: string
  readonly title?: string | null | undefined
  readonly createdAt: string
  readonly updatedAt: string
  readonly messageCount: number
  readonly messages: (args: SessionMessagesArgs, context: GraphqlContext) => Promise<MessagePage>
}

export interface SessionPage {
  readonly items: readonly Session[]
  readonly next?: string | null | undefined
}

export interface MessagePage {
  readonly items: readonly Message[]
  readonly next?: number | null | undefined
}

export interface SessionExport {
  readonly session: Session
  readonly messages: readonly Message[]
}

export interface Model {
  readonly id: string
  readonly ownedBy: string
  readonly created: string
}

export interface ReplyEvent {
  readonly delta: string
  readonly message?: Message | null | undefined
}
