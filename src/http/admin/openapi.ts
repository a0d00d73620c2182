import type { JsonObject } from '../../core/json.ts'
import { openApiSchemas } from './openapi-schemas.ts'

const after = inQuery('after', 'The `next` of the page before.')
const format = inQuery('format', 'Before `Accept`.', { type: 'string', enum: ['json', 'csv', 'jsonl'] })

/** The description of the admin API, by OpenAPI 3.1. Tests compare it with the routes and with real answers. */
export const openApi: JsonObject = {
  openapi: '3.1.0',
  info: {
    title: 'Weir: administration',
    version: '1',
    description:
      'Virtual keys, what they have spent, what models cost, and who changed what. The same is at /admin/v1/graphql, and on the command line as `weir keys`, `weir usage`, `weir records`, `weir prices` and `weir audit`.',
  },
  security: [{ adminToken: [] }],
  paths: {
    '/admin/v1/keys': {
      get: operation('listKeys', 'Virtual keys, oldest first.', {
        parameters: [limit(20, 100), after, inQuery('parent_id', 'Only the children of this key.')],
        answers: json('KeyList'),
      }),
      post: operation('createKey', 'Makes a key. Its secret is told this once.', {
        body: 'NewKey',
        status: '201',
        answers: json('KeyWithSecret'),
      }),
    },
    '/admin/v1/keys/{id}': {
      parameters: [keyId()],
      get: operation('retrieveKey', 'One key.', { answers: json('Key') }),
      patch: operation('updateKey', 'A field that is there replaces what was; null takes it away.', {
        body: 'KeyChange',
        answers: json('Key'),
      }),
      delete: operation('deleteKey', 'Deletes a key with all keys below it. Their records stay.', {
        answers: json('DeletedKey'),
      }),
    },
    '/admin/v1/keys/{id}/rotate': {
      parameters: [keyId()],
      post: operation('rotateKey', 'Gives a key another secret; the old one goes on for a while.', {
        body: 'Rotation',
        answers: json('KeyWithSecret'),
      }),
    },
    '/admin/v1/keys/{id}/balance': {
      parameters: [keyId()],
      get: operation('retrieveBalance', 'What a key, with all keys below it, has spent.', { answers: json('Balance') }),
    },
    '/admin/v1/usage': {
      get: operation('exportUsage', 'What was used, summed by UTC day, key, end user, provider, model or tag.', {
        parameters: [
          inQuery('from', 'A day such as 2026-11-22, included; otherwise thirty days.'),
          inQuery('to', 'A day, included; otherwise today.'),
          inQuery('group_by', 'Of `day,key,end_user,provider,model,tag`, in the order of the answer.'),
          inQuery('key_id', 'Only this key.'),
          inQuery('descendants', 'True for the keys below it too.', { type: 'boolean' }),
          ...['end_user', 'provider', 'model', 'tag'].map((name) => inQuery(name, 'Only these.')),
          format,
        ],
        answers: exported('UsageRow'),
      }),
    },
    '/admin/v1/records': {
      get: operation('exportRecords', 'The record of every attempt, oldest first.', {
        parameters: [
          inQuery('from', 'A day, or a date and time with its zone; when the record was settled.'),
          inQuery('to', 'The same. A day is included, an instant is not.'),
          inQuery('key_id', 'Only this key.'),
          format,
        ],
        answers: exported('Record'),
      }),
    },
    '/admin/v1/prices': {
      get: operation('listPrices', 'What models cost, the operator’s own prices first.', {
        parameters: [
          limit(100, 1_000),
          after,
          inQuery('provider', 'Only this provider.'),
          inQuery('model', 'A pattern with `*`.'),
        ],
        answers: json('PriceList'),
      }),
    },
    '/admin/v1/audit': {
      get: operation('listAudit', 'Who changed what, newest first.', {
        parameters: [limit(20, 100), after, inQuery('subject', 'Only what was done to this key.')],
        answers: json('AuditList'),
      }),
    },
    '/admin/v1/openapi.json': {
      get: operation('describe', 'This description.', {
        answers: { 'application/json': { schema: { type: 'object' } } },
      }),
    },
  },
  components: {
    securitySchemes: {
      adminToken: {
        type: 'http',
        scheme: 'bearer',
        description: 'ADMIN_TOKEN. Keys of callers and TOKEN open nothing here.',
      },
    },
    schemas: openApiSchemas,
  },
}

interface OperationParts {
  readonly parameters?: readonly JsonObject[]
  /** The name of the body's schema. */
  readonly body?: string
  readonly status?: string
  readonly answers: JsonObject
}

function operation(
  operationId: string,
  summary: string,
  { parameters, body, status = '200', answers }: OperationParts,
): JsonObject {
  return {
    operationId,
    summary,
    ...(parameters !== undefined && { parameters }),
    ...(body !== undefined && { requestBody: { content: json(body) } }),
    responses: { [status]: { description: summary, content: answers }, default: refusal() },
  }
}

function json(schema: string): JsonObject {
  return { 'application/json': { schema: ref(schema) } }
}

function exported(schema: string): JsonObject {
  return {
    'application/json': { schema: { type: 'array', items: ref(schema) } },
    'application/x-ndjson': { schema: { type: 'string', description: 'One object a line.' } },
    'text/csv': { schema: { type: 'string', description: 'One row each, below their names.' } },
  }
}

function refusal(): JsonObject {
  return {
    description: 'A refusal (RFC 9457).',
    content: { 'application/problem+json': { schema: ref('Problem') } },
  }
}

function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

function inQuery(name: string, description: string, schema: JsonObject = { type: 'string' }): JsonObject {
  return { name, in: 'query', description, schema }
}

function limit(otherwise: number, most: number): JsonObject {
  return inQuery('limit', 'How many at most.', { type: 'integer', minimum: 1, maximum: most, default: otherwise })
}

function keyId(): JsonObject {
  return { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
}
