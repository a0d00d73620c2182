import * as z from 'zod'
import { claimedSecretSchema, claimSchema } from '../../admin/links/claim-link.ts'
import { newVisitorSchema } from '../../admin/user-tokens/admit-visitor.ts'
import {
  clientTokenSchema,
  newClientTokenSchema,
  ownRevocationSchema,
  revocationSchema,
} from '../../admin/user-tokens/client-token-schemas.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Operation, type OperationName, operations } from '../../dialects/operations.ts'
import { choice } from '../query.ts'
import type { Route } from '../route.ts'
import {
  anthropicErrorSchema,
  billingUsageSchema,
  currentKeySchema,
  deletedSessionSchema,
  errorSchema,
  geminiErrorSchema,
  geminiModelListSchema,
  geminiModelSchema,
  generationSchema,
  healthSchema,
  messageListSchema,
  messageSchema,
  modelListSchema,
  modelSchema,
  sessionExportSchema,
  sessionInputSchema,
  sessionListSchema,
  sessionSchema,
  subscriptionSchema,
} from './api-schemas.ts'
import { type DescribedRoute, describeRoutes, json, type RouteDescription, toComponents } from './document.ts'

const schemas = {
  Error: errorSchema,
  AnthropicError: anthropicErrorSchema,
  GeminiError: geminiErrorSchema,
  GeminiModel: geminiModelSchema,
  GeminiModelList: geminiModelListSchema,
  LegacyError: errorSchema
    .extend({ message: z.string() })
    .describe('An error with an additional `message` at the top level.'),
  GraphqlError: z.object({ errors: z.array(z.object({ message: z.string() })) }).describe('A GraphQL error.'),
  Model: modelSchema,
  ModelList: modelListSchema,
  Session: sessionSchema,
  SessionInput: sessionInputSchema,
  NewSession: sessionInputSchema.partial().describe('A new session.'),
  SessionList: sessionListSchema,
  SessionExport: sessionExportSchema,
  DeletedSession: deletedSessionSchema,
  Message: messageSchema,
  MessageList: messageListSchema,
  CurrentKey: z.strictObject({ data: currentKeySchema }),
  Generation: z.strictObject({ data: generationSchema }),
  Subscription: subscriptionSchema,
  BillingUsage: billingUsageSchema,
  Health: healthSchema,
  NewClientToken: newClientTokenSchema,
  ClientToken: clientTokenSchema,
  RevokedTokens: ownRevocationSchema,
  Revocation: revocationSchema,
  NewVisitor: newVisitorSchema,
  Claim: claimSchema,
  ClaimedSecret: claimedSecretSchema,
}

/** An object in the format of OpenAI's API, with any fields. */
const openObject: JsonObject = { 'application/json': { schema: { type: 'object' } } }
const eventStream: JsonObject = { 'text/event-stream': { schema: { type: 'string' } } }
const plainText: JsonObject = { 'text/plain': { schema: { type: 'string' } } }

const calls: Readonly<Record<OperationName, { readonly summary: string; readonly content: JsonObject }>> = {
  'chat.completions': { summary: 'Creates a chat completion.', content: { ...openObject, ...eventStream } },
  completions: { summary: 'Creates a text completion.', content: { ...openObject, ...eventStream } },
  embeddings: { summary: 'Creates embeddings.', content: openObject },
  responses: { summary: 'Creates a response.', content: { ...openObject, ...eventStream } },
  'responses.input_tokens': { summary: 'Counts the input tokens of a response.', content: openObject },
  'images.generations': { summary: 'Generates images.', content: { ...openObject, ...eventStream } },
  'images.edits': { summary: 'Edits images.', content: { ...openObject, ...eventStream } },
  'audio.speech': { summary: 'Generates speech from text.', content: { 'audio/*': {}, ...eventStream } },
  'audio.transcriptions': { summary: 'Transcribes audio.', content: { ...openObject, ...plainText, ...eventStream } },
  'audio.translations': { summary: 'Translates audio into English.', content: { ...openObject, ...plainText } },
  moderations: { summary: 'Classifies content.', content: openObject },
  messages: { summary: 'Creates a message.', content: { ...openObject, ...eventStream } },
  'messages.count_tokens': { summary: 'Counts the input tokens of a message.', content: openObject },
  generateContent: { summary: 'Generates a response.', content: openObject },
  countTokens: { summary: 'Counts the input tokens of a request.', content: openObject },
  embedContent: { summary: 'Creates the embedding of a content.', content: openObject },
  batchEmbedContents: { summary: 'Creates the embeddings of several contents.', content: openObject },
}

const legacyChat = 'Creates a chat completion with the defaults of the proxy that Weir replaces.'
const legacyImage = 'Generates images with the defaults of the proxy that Weir replaces.'

/** Descriptions of the routes that are not calls, by route id. */
const descriptions: Readonly<Record<string, Omit<RouteDescription, 'errors'>>> = {
  'responses.retrieve': {
    tag: 'Calls',
    summary: 'Retrieves a response from the provider that keeps it.',
    content: { ...openObject, ...eventStream },
  },
  'responses.delete': { tag: 'Calls', summary: 'Deletes a response at its provider.', content: openObject },
  'responses.cancel': { tag: 'Calls', summary: 'Cancels a response in the background.', content: openObject },
  'responses.inputItems': { tag: 'Calls', summary: 'Lists the input items of a response.', content: openObject },
  'models.list': { tag: 'Models', summary: 'Lists the models that the caller may use.', content: json('ModelList') },
  'models.retrieve': { tag: 'Models', summary: 'Retrieves one model.', content: json('Model') },
  'gemini.models.list': {
    tag: 'Models',
    summary: 'Lists the models that the caller may use, in the format of Gemini’s API.',
    content: json('GeminiModelList'),
  },
  'gemini.models.retrieve': {
    tag: 'Models',
    summary: 'Retrieves one model in the format of Gemini’s API.',
    content: json('GeminiModel'),
  },
  'key.retrieve': { tag: 'Account', summary: 'Retrieves the caller’s key.', content: json('CurrentKey') },
  'generation.retrieve': {
    tag: 'Account',
    summary: 'Retrieves one call of the caller’s key.',
    content: json('Generation'),
  },
  'billing.subscription': {
    tag: 'Account',
    summary: 'Retrieves the limit in the format of OpenAI’s former billing API.',
    content: json('Subscription'),
  },
  'billing.usage': {
    tag: 'Account',
    summary: 'Retrieves the usage in the format of OpenAI’s former billing API.',
    content: json('BillingUsage'),
  },
  'sessions.list': {
    tag: 'Sessions',
    summary: 'Lists sessions, most recently used first.',
    content: json('SessionList'),
  },
  'sessions.create': {
    tag: 'Sessions',
    summary: 'Creates a session.',
    body: json('NewSession'),
    isBodyOptional: true,
    status: 201,
    content: json('Session'),
  },
  'sessions.retrieve': { tag: 'Sessions', summary: 'Retrieves one session.', content: json('Session') },
  'sessions.rename': {
    tag: 'Sessions',
    summary: 'Renames a session.',
    body: json('SessionInput'),
    content: json('Session'),
  },
  'sessions.delete': {
    tag: 'Sessions',
    summary: 'Deletes a session and its messages.',
    content: json('DeletedSession'),
  },
  'sessions.messages': {
    tag: 'Sessions',
    summary: 'Lists the messages of a session.',
    description: 'Returns the last page by default, oldest message first. `after=0` starts with the first message.',
    content: json('MessageList'),
  },
  'sessions.export': {
    tag: 'Sessions',
    summary: 'Exports a session with all its messages.',
    content: json('SessionExport'),
  },
  'clientTokens.create': {
    tag: 'User tokens',
    summary: 'Mints a token for one end user of the caller’s key.',
    description: 'For the server of a web page: it keeps the key, and hands the token to the page.',
    body: json('NewClientToken'),
    isBodyOptional: true,
    status: 201,
    content: json('ClientToken'),
  },
  'clientTokens.revoke': {
    tag: 'User tokens',
    summary: 'Revokes tokens of the caller’s key.',
    body: json('RevokedTokens'),
    content: json('Revocation'),
  },
  'visitors.create': {
    tag: 'User tokens',
    summary: 'Admits an anonymous visitor of a public page, or renews its token.',
    body: json('NewVisitor'),
    isBodyOptional: true,
    status: 201,
    content: json('ClientToken'),
  },
  claim: {
    tag: 'Account',
    summary: 'Claims a one-time link.',
    description: 'Mints the secret of a key and shows it this once. Needs no key. A page must be one of this server.',
    body: json('Claim'),
    content: json('ClaimedSecret'),
    otherResponses: {
      404: { description: 'The link is unknown or no longer valid.', content: json('Error') },
      410: { description: 'The link was already used.', content: json('Error') },
      415: { description: 'The body is not JSON.', content: json('Error') },
      429: { description: 'Too many links of this address were not valid.', content: json('Error') },
    },
  },
  graphql: {
    tag: 'GraphQL',
    summary: 'Runs a GraphQL document.',
    description: 'A subscription is streamed as Server-Sent Events. Introspection describes the schema.',
    body: openObject,
    content: { ...openObject, ...eventStream },
  },
  'images.retrieve': { tag: 'Images', summary: 'Retrieves a stored image.', content: { 'image/*': {} } },
  client: {
    tag: 'Server',
    summary: 'Retrieves the client for web pages, an ES module.',
    content: { 'text/javascript': { schema: { type: 'string' } } },
  },
  'client.types': {
    tag: 'Server',
    summary: 'Retrieves the types of the client.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  },
  describe: { tag: 'Server', summary: 'Describes the API.', content: openObject },
  livez: { tag: 'Server', summary: 'Reports that the process is alive.', content: json('Health') },
  readyz: {
    tag: 'Server',
    summary: 'Reports whether the server accepts traffic.',
    content: json('Health'),
    otherResponses: { 503: { description: 'The server does not accept traffic.', content: json('Health') } },
  },
  'legacy.chat': { tag: 'Legacy', summary: legacyChat, body: openObject, content: openObject, isDeprecated: true },
  'legacy.images': { tag: 'Legacy', summary: legacyImage, body: openObject, content: openObject, isDeprecated: true },
  'legacy.generateImage': {
    tag: 'Legacy',
    summary: legacyImage,
    body: openObject,
    content: openObject,
    isDeprecated: true,
  },
}

const makers = { openai: 'OpenAI’s', anthropic: 'Anthropic’s', gemini: 'Gemini’s' } as const

/** Cached, because rendering takes milliseconds and anyone may request it. */
let cached: JsonObject | undefined

/** Describes the callers' API in OpenAPI 3.1. `url` is the server's public URL; empty if unknown. */
export function describeApi(routes: readonly Route[], url: string): JsonObject {
  cached ??= describeWithoutServer(routes)
  return { ...cached, servers: [{ url: url === '' ? '/' : url }] }
}

function describeWithoutServer(routes: readonly Route[]): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      version: '1',
      description:
        'OpenAI’s API, Anthropic’s Messages, Gemini’s API, and Weir’s endpoints for sessions, models, keys and usage. The endpoints of OpenAI, Anthropic and Google keep their request and response formats; a field unknown to Weir passes unchanged.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      contact: { name: 'The operator of this server' },
    },
    security: [{ key: [] }, { separateKey: [] }],
    tags: [
      { name: 'Account', description: 'The caller’s key and its usage.' },
      { name: 'Calls', description: 'Endpoints of OpenAI, Anthropic and Google.' },
      { name: 'GraphQL', description: 'Chats and sessions in GraphQL.' },
      { name: 'Images', description: 'Generated images that Weir stores.' },
      { name: 'Legacy', description: 'The routes of the proxy that Weir replaces.' },
      { name: 'Models', description: 'Models and aliases.' },
      { name: 'Server', description: 'Health checks and this document.' },
      { name: 'Sessions', description: 'Chats that Weir stores.' },
      { name: 'User tokens', description: 'Short-lived tokens of the users of web pages.' },
    ],
    paths: describeRoutes(routes.filter(({ auth }) => auth !== 'admin' && auth !== 'login').map(describe), {
      openai: { type: 'application/json', schema: 'Error' },
      anthropic: { type: 'application/json', schema: 'AnthropicError' },
      gemini: { type: 'application/json', schema: 'GeminiError' },
      legacy: { type: 'application/json', schema: 'LegacyError' },
      graphql: { type: 'application/json', schema: 'GraphqlError' },
    }),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A virtual key, or TOKEN.' },
        separateKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-weir-key',
          description: 'The same, beside a credential of the caller for a provider with `caller_credentials: pass`.',
        },
      },
      schemas: toComponents(schemas),
    },
  }
}

function describe(route: Route): DescribedRoute {
  const isStream = route.id.endsWith('.stream')
  const name = isStream ? route.id.slice(0, -'.stream'.length) : route.id
  const operation = Object.values(operations).find((each) => each.name === name)
  const description = operation === undefined ? descriptions[route.id] : describeCall(operation, isStream)
  if (description === undefined) throw new Error(`${route.id} is not described`)
  const errors = [400]
  if (route.auth !== 'none') errors.push(401, 403)
  if (route.path.includes('{') || operation !== undefined || route.query !== undefined) errors.push(404)
  if (description.body !== undefined) errors.push(413)
  // 409 and 422: `Idempotency-Key`. 429: limits. 415: content type.
  if (operation !== undefined) errors.push(409, 415, 422, 429)
  const query = isStream ? streamQuery : (route.query ?? {})
  return { ...description, route, query, errors: errors.sort((left, right) => left - right) }
}

const streamQuery = { alt: choice('`sse`. Google’s other form of a stream, a JSON list, is refused.', ['sse']) }

function describeCall(operation: Operation, isStream: boolean): Omit<RouteDescription, 'errors'> {
  const { summary, content } = calls[operation.name]
  const { requestSchema: schema, body } = operation.dialect
  return {
    tag: 'Calls',
    summary: isStream ? `${summary.slice(0, -1)} as a stream.` : summary,
    description: `${summary} Requests and responses have ${makers[operation.api]} format.`,
    body: {
      ...(body !== 'form' && { 'application/json': { schema } }),
      ...(body !== 'json' && { 'multipart/form-data': { schema } }),
    },
    content: isStream ? eventStream : content,
  }
}
