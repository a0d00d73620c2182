import * as z from 'zod'
import type { JsonObject } from '../../core/json.ts'
import { type Operation, type OperationName, operations } from '../../dialects/operations.ts'
import type { Route } from '../route.ts'
import {
  billingUsageSchema,
  currentKeySchema,
  deletedSessionSchema,
  errorSchema,
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
  LegacyError: errorSchema.extend({ message: z.string() }).describe('An error, with its message at the top too.'),
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
}

/** An object in the format of OpenAI's API, whatever its fields. */
const openObject: JsonObject = { 'application/json': { schema: { type: 'object' } } }
const eventStream: JsonObject = { 'text/event-stream': { schema: { type: 'string' } } }
const plainText: JsonObject = { 'text/plain': { schema: { type: 'string' } } }

const calls: Readonly<Record<OperationName, { readonly summary: string; readonly content: JsonObject }>> = {
  'chat.completions': { summary: 'Creates a chat completion.', content: { ...openObject, ...eventStream } },
  completions: { summary: 'Creates a text completion.', content: { ...openObject, ...eventStream } },
  embeddings: { summary: 'Creates embeddings.', content: openObject },
  responses: { summary: 'Creates a response.', content: { ...openObject, ...eventStream } },
  'images.generations': { summary: 'Generates images.', content: { ...openObject, ...eventStream } },
  'images.edits': { summary: 'Edits images.', content: { ...openObject, ...eventStream } },
  'audio.speech': { summary: 'Speaks a text.', content: { 'audio/*': {}, ...eventStream } },
  'audio.transcriptions': { summary: 'Transcribes audio.', content: { ...openObject, ...plainText, ...eventStream } },
  'audio.translations': { summary: 'Translates audio into English.', content: { ...openObject, ...plainText } },
  moderations: { summary: 'Classifies content.', content: openObject },
}

const legacyChat = 'Creates a chat completion with the defaults of the old proxy.'
const legacyImage = 'Generates images with the defaults of the old proxy.'

/** The routes that are not calls, by id. */
const descriptions: Readonly<Record<string, Omit<RouteDescription, 'errors'>>> = {
  'models.list': { tag: 'Models', summary: 'Lists the models of the caller.', content: json('ModelList') },
  'models.retrieve': { tag: 'Models', summary: 'Retrieves one model.', content: json('Model') },
  'key.retrieve': { tag: 'Account', summary: 'Retrieves the key of the caller.', content: json('CurrentKey') },
  'generation.retrieve': { tag: 'Account', summary: 'Retrieves one call of the caller.', content: json('Generation') },
  'billing.subscription': {
    tag: 'Account',
    summary: 'Retrieves the limit, as front ends of old show it.',
    content: json('Subscription'),
  },
  'billing.usage': {
    tag: 'Account',
    summary: 'Retrieves the usage, as front ends of old show it.',
    content: json('BillingUsage'),
  },
  'sessions.list': { tag: 'Sessions', summary: 'Lists sessions, last used first.', content: json('SessionList') },
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
    summary: 'Deletes a session with its messages.',
    content: json('DeletedSession'),
  },
  'sessions.messages': {
    tag: 'Sessions',
    summary: 'Lists the messages of a session.',
    description: 'The last page, oldest first; `after=0` begins with the first message.',
    content: json('MessageList'),
  },
  'sessions.export': {
    tag: 'Sessions',
    summary: 'Exports a session with all messages.',
    content: json('SessionExport'),
  },
  graphql: {
    tag: 'GraphQL',
    summary: 'Runs a GraphQL document.',
    description: 'A subscription streams. Its schema describes itself.',
    body: openObject,
    content: { ...openObject, ...eventStream },
  },
  'images.retrieve': { tag: 'Images', summary: 'Retrieves a kept image.', content: { 'image/*': {} } },
  describe: { tag: 'Server', summary: 'Describes the API.', content: openObject },
  livez: { tag: 'Server', summary: 'Tells if the process is alive.', content: json('Health') },
  readyz: {
    tag: 'Server',
    summary: 'Tells if the server takes traffic.',
    content: json('Health'),
    otherResponses: { 503: { description: 'It takes none.', content: json('Health') } },
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

/** Made once: it takes milliseconds, and any visitor may ask for it. */
let known: JsonObject | undefined

/** The description of the API of callers by OpenAPI 3.1. `url` is where the server is reached; empty if that is not known. */
export function describeApi(routes: readonly Route[], url: string): JsonObject {
  known ??= describeAnywhere(routes)
  return { ...known, servers: [{ url: url === '' ? '/' : url }] }
}

function describeAnywhere(routes: readonly Route[]): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      version: '1',
      description:
        'The API of OpenAI, and sessions, models, keys and usage of Weir. Requests and responses of the endpoints of OpenAI have its format; a field that Weir does not understand passes unchanged.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      contact: { name: 'The operator of this server' },
    },
    security: [{ key: [] }],
    tags: [
      { name: 'Account', description: 'The key of the caller.' },
      { name: 'Calls', description: 'The endpoints of OpenAI.' },
      { name: 'GraphQL', description: 'Chats and sessions in GraphQL.' },
      { name: 'Images', description: 'Generated images that Weir keeps.' },
      { name: 'Legacy', description: 'The routes of the proxy that Weir replaces.' },
      { name: 'Models', description: 'Models and aliases.' },
      { name: 'Server', description: 'Its health and its description.' },
      { name: 'Sessions', description: 'Chats that Weir keeps.' },
    ],
    paths: describeRoutes(routes.filter(({ auth }) => auth !== 'admin').map(describe), {
      openai: { type: 'application/json', schema: 'Error' },
      legacy: { type: 'application/json', schema: 'LegacyError' },
      graphql: { type: 'application/json', schema: 'GraphqlError' },
    }),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A virtual key, or TOKEN.' },
      },
      schemas: toComponents(schemas),
    },
  }
}

function describe(route: Route): DescribedRoute {
  const operation = Object.values(operations).find(({ name }) => name === route.id)
  const description = operation === undefined ? descriptions[route.id] : describeCall(operation)
  if (description === undefined) throw new Error(`${route.id} is not described`)
  const errors = [400]
  if (route.auth !== 'none') errors.push(401, 403)
  if (route.path.includes('{') || operation !== undefined || route.query !== undefined) errors.push(404)
  if (description.body !== undefined) errors.push(413)
  // 409 and 422 come from `Idempotency-Key`, 429 from limits, 415 from the content type.
  if (operation !== undefined) errors.push(409, 415, 422, 429)
  return { ...description, route, query: route.query ?? {}, errors: errors.sort((left, right) => left - right) }
}

function describeCall(operation: Operation): Omit<RouteDescription, 'errors'> {
  const { summary, content } = calls[operation.name]
  const { requestSchema: schema, body } = operation.dialect
  return {
    tag: 'Calls',
    summary,
    description: `${summary} Fields and responses are those of OpenAI.`,
    body: {
      ...(body !== 'form' && { 'application/json': { schema } }),
      ...(body !== 'json' && { 'multipart/form-data': { schema } }),
    },
    content,
  }
}
