// Written by scripts/generate-docs.ts from schema.graphql. Change it there, then run: node scripts/generate-docs.ts
import type { GraphqlContext } from './graphql-context.ts'

export const typeDefs = "\"\"\"\nAny JSON value, as it came.\n\"\"\"\nscalar JSON\n\ntype Query {\n  \"\"\"\n  The messages of a session, oldest first: the last `limit` of them, or the last ones before the position `before`. Without a session, an\n  empty list.\n  \"\"\"\n  chatHistory(sessionId: String, limit: Int! = 100, before: Int): [Message!]\n\n  \"\"\"\n  Your sessions, last used first.\n  \"\"\"\n  sessions(\n    limit: Int! = 20\n    \"\"\"\n    The `next` of the page before.\n    \"\"\"\n    after: String\n  ): SessionPage\n\n  \"\"\"\n  One of your sessions. Somebody else's is answered like one that does not exist.\n  \"\"\"\n  session(id: String!): Session\n\n  \"\"\"\n  A session with all of its messages.\n  \"\"\"\n  exportSession(id: String!): SessionExport\n\n  \"\"\"\n  Every configured model and alias.\n  \"\"\"\n  models: [Model!]\n}\n\ntype Mutation {\n  \"\"\"\n  Asks a model and waits for its whole reply. `streamAIResponse` gives the reply while it is being written.\n  \"\"\"\n  getAIResponse(input: ChatInput!): Message\n\n  \"\"\"\n  Makes pictures.\n  \"\"\"\n  generateImage(input: ImageInput!): GeneratedImage\n\n  \"\"\"\n  Makes a session. Its id goes into the inputs of the other operations.\n  \"\"\"\n  createSession(title: String): SessionResult\n\n  \"\"\"\n  Adds a message to a session without asking a model. Without a session the message is given back and nothing is kept.\n  \"\"\"\n  sendMessage(input: MessageInput!): Message\n\n  \"\"\"\n  Gives a session a title; null takes it away.\n  \"\"\"\n  renameSession(id: String!, title: String): Session\n\n  \"\"\"\n  Deletes a session with all of its messages.\n  \"\"\"\n  deleteSession(id: String!): SessionResult\n}\n\ntype Subscription {\n  \"\"\"\n  Asks a model and gives its reply as it comes, over Server-Sent Events. The last event has the whole message.\n  \"\"\"\n  streamAIResponse(input: ChatInput!): ReplyEvent\n}\n\n\"\"\"\nA question for a chat model.\n\"\"\"\ninput ChatInput {\n  \"\"\"\n  `gpt-3.5-turbo` if left out.\n  \"\"\"\n  model: String\n  messages: [ChatMessageInput!]!\n\n  \"\"\"\n  From 0 to 2; 0.7 if left out.\n  \"\"\"\n  temperature: Float\n\n  \"\"\"\n  The longest reply, in tokens; 1000 if both this and `max_completion_tokens` are left out.\n  \"\"\"\n  max_tokens: Int\n\n  \"\"\"\n  The same for newer models, which refuse `max_tokens`; it counts their hidden reasoning too.\n  \"\"\"\n  max_completion_tokens: Int\n  top_p: Float\n  frequency_penalty: Float\n  presence_penalty: Float\n\n  \"\"\"\n  With it, earlier turns of the session are sent before `messages`, as many as the model takes, and this exchange is kept.\n  \"\"\"\n  sessionId: String\n}\n\ninput ChatMessageInput {\n  \"\"\"\n  `user`, `assistant`, `system`, `developer` or `tool`.\n  \"\"\"\n  role: String!\n  content: String!\n}\n\n\"\"\"\nA wish for pictures. Which values are allowed depends on the model; an error names them.\n\"\"\"\ninput ImageInput {\n  prompt: String!\n\n  \"\"\"\n  `dall-e-3` if left out.\n  \"\"\"\n  model: String\n\n  \"\"\"\n  1 if left out.\n  \"\"\"\n  n: Int\n\n  \"\"\"\n  `1024x1024` if left out.\n  \"\"\"\n  size: String\n\n  \"\"\"\n  For dall-e-3 `standard` (if left out) or `hd`.\n  \"\"\"\n  quality: String\n\n  \"\"\"\n  For dall-e-3 `vivid` (if left out) or `natural`.\n  \"\"\"\n  style: String\n\n  \"\"\"\n  `url` (if left out) or `b64_json`.\n  \"\"\"\n  response_format: String\n\n  \"\"\"\n  With it, the prompt and the pictures' addresses are kept in the session.\n  \"\"\"\n  sessionId: String\n}\n\ninput MessageInput {\n  content: String!\n\n  \"\"\"\n  False for a message that a model has written; true if left out.\n  \"\"\"\n  isUser: Boolean\n  sessionId: String\n}\n\ntype Message {\n  \"\"\"\n  Starts with `msg_`.\n  \"\"\"\n  id: ID!\n\n  \"\"\"\n  The text. What a message holds beside text is in `chatMessage`.\n  \"\"\"\n  content: String!\n\n  \"\"\"\n  True for the caller's messages, false for a model's.\n  \"\"\"\n  isUser: Boolean!\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  timestamp: String!\n\n  \"\"\"\n  Always true: a failure is an entry of `errors`.\n  \"\"\"\n  success: Boolean!\n\n  \"\"\"\n  Always null: a failure is an entry of `errors`.\n  \"\"\"\n  error: String\n\n  \"\"\"\n  `user`, `assistant`, `system`, `developer` or `tool`.\n  \"\"\"\n  role: String!\n\n  \"\"\"\n  False for a reply that was interrupted.\n  \"\"\"\n  isComplete: Boolean!\n\n  \"\"\"\n  The model that wrote it.\n  \"\"\"\n  model: String\n\n  \"\"\"\n  Its place in the session, from 1; null where it is not kept.\n  \"\"\"\n  position: Int\n\n  \"\"\"\n  The whole message as chat completions have it.\n  \"\"\"\n  chatMessage: JSON!\n}\n\ntype GeneratedImage {\n  \"\"\"\n  Starts with `img_`.\n  \"\"\"\n  id: ID!\n  prompt: String!\n  images: [Image!]!\n  model: String!\n  size: String\n  quality: String\n  style: String\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  timestamp: String!\n\n  \"\"\"\n  Always true: a failure is an entry of `errors`.\n  \"\"\"\n  success: Boolean!\n\n  \"\"\"\n  Always null: a failure is an entry of `errors`.\n  \"\"\"\n  error: String\n}\n\ntype Image {\n  url: String\n\n  \"\"\"\n  The picture as base64.\n  \"\"\"\n  b64_json: String\n\n  \"\"\"\n  What the model made of the prompt.\n  \"\"\"\n  revised_prompt: String\n}\n\ntype SessionResult {\n  \"\"\"\n  Starts with `session_`.\n  \"\"\"\n  sessionId: String!\n  success: Boolean!\n}\n\ntype Session {\n  \"\"\"\n  Starts with `session_`.\n  \"\"\"\n  id: ID!\n  title: String\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  createdAt: String!\n\n  \"\"\"\n  When it was last used. ISO 8601, UTC.\n  \"\"\"\n  updatedAt: String!\n  messageCount: Int!\n\n  \"\"\"\n  The last messages, or the last ones before the position `before`; oldest first.\n  \"\"\"\n  messages(limit: Int! = 20, before: Int): MessagePage!\n}\n\ntype SessionPage {\n  items: [Session!]!\n\n  \"\"\"\n  The cursor of the next page; null at the end.\n  \"\"\"\n  next: String\n}\n\ntype MessagePage {\n  items: [Message!]!\n\n  \"\"\"\n  What to ask `before` for the messages before these; null at the beginning.\n  \"\"\"\n  next: Int\n}\n\ntype SessionExport {\n  session: Session!\n  messages: [Message!]!\n}\n\ntype Model {\n  id: ID!\n  ownedBy: String!\n\n  \"\"\"\n  ISO 8601, UTC.\n  \"\"\"\n  created: String!\n}\n\n\"\"\"\nA piece of a reply on its way.\n\"\"\"\ntype ReplyEvent {\n  \"\"\"\n  What comes next in the text; empty in the last event.\n  \"\"\"\n  delta: String!\n\n  \"\"\"\n  In the last event only: the whole message, as it is kept if there is a session.\n  \"\"\"\n  message: Message\n}\n"

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
