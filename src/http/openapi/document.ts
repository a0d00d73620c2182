import * as z from 'zod'
import type { JsonObject } from '../../core/json.ts'
import type { ErrorReader } from '../error-response.ts'
import type { Parameters } from '../query.ts'
import type { Method, Route } from '../route.ts'

/** The description of a route beyond its row in the table. */
export interface RouteDescription {
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Content types of the request, each with its schema. */
  readonly body?: JsonObject
  /** Also without a body. */
  readonly isBodyOptional?: boolean
  readonly status?: number
  /** Content types of the response, each with its schema. */
  readonly content: JsonObject
  /** Statuses of errors, beside `default`. */
  readonly errors: readonly number[]
  /** By status. */
  readonly otherResponses?: JsonObject
  readonly isDeprecated?: boolean
}

export interface DescribedRoute extends RouteDescription {
  readonly route: Route
  readonly query: Parameters
}

/** The content type and the schema of an error, by the `errors` of a route. */
type ErrorFormats = Readonly<Partial<Record<ErrorReader, { readonly type: string; readonly schema: string }>>>

/** The meaning of each status; the `code` in the body says more. */
const meanings: Readonly<Record<number, string>> = {
  400: 'A field or a parameter is wrong. `param` names it.',
  401: 'The secret is missing or wrong.',
  403: 'The caller may not do this.',
  404: 'There is no such thing here.',
  409: 'A request with the same `Idempotency-Key` is running.',
  413: 'The body is too long.',
  415: 'The body has another content type than the endpoint takes.',
  422: 'An earlier request with the same `Idempotency-Key` was another one.',
  429: 'A limit is reached. `Retry-After` says when to try again.',
}

/** The `paths` of OpenAPI 3.1. */
export function describeRoutes(described: readonly DescribedRoute[], formats: ErrorFormats): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const { route, ...description } of described) {
    for (const method of route.methods.filter((name) => name !== 'HEAD' || !route.methods.includes('GET'))) {
      paths[route.path] = {
        ...paths[route.path],
        [method.toLowerCase()]: describeOperation(method, { route, ...description }, formats),
      }
    }
  }
  return paths
}

function describeOperation(method: Method, described: DescribedRoute, formats: ErrorFormats): JsonObject {
  const { route, query, tag, summary, description = summary, body, isBodyOptional, content, isDeprecated } = described
  const parameters = [
    ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      description: name === 'model' ? 'The name of a model; slashes may be `%2F`.' : 'The id.',
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, parameter]) => ({
      name,
      in: 'query',
      description: parameter.description,
      schema: parameter.schema,
    })),
  ]
  const format = formats[route.errors]
  const refusal = (meaning: string) => ({
    description: meaning,
    ...(format !== undefined && { content: { [format.type]: { schema: toReference(format.schema) } } }),
  })
  return {
    // A second method of the same handler needs another name.
    operationId: method === route.methods[0] ? route.id : `${route.id}.${method.toLowerCase()}`,
    summary,
    description,
    tags: [tag],
    ...(isDeprecated === true && { deprecated: true }),
    ...(route.auth === 'none' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined &&
      method !== 'GET' && { requestBody: { required: isBodyOptional !== true, content: body } }),
    responses: {
      [String(described.status ?? 200)]: { description: summary, content },
      ...Object.fromEntries(described.errors.map((status) => [status, refusal(meanings[status] ?? 'An error.')])),
      ...described.otherResponses,
      default: refusal('Another error.'),
    },
  }
}

/** Zod schemas as the `components/schemas` of OpenAPI 3.1, each under its name. A schema within another becomes a reference. */
export function toComponents(schemas: Readonly<Record<string, z.ZodType>>): JsonObject {
  // Unlike `z.toJSONSchema`, the method of a schema does not bring the code of types that no schema uses into a Worker.
  const { $defs = {} } = z.strictObject(schemas).toJSONSchema({
    io: 'input',
    metadata: withNames(schemas),
    override({ jsonSchema }) {
      // TypeScript's `readonly`, the bounds of every safe integer and the name say nothing about the API.
      delete jsonSchema.readOnly
      delete jsonSchema.id
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  return JSON.parse(JSON.stringify($defs).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

/** The descriptions of all schemas, with the names of these. */
function withNames(schemas: Readonly<Record<string, z.ZodType>>): typeof z.globalRegistry {
  const names = new Map<z.core.$ZodType, string>(Object.entries(schemas).map(([name, schema]) => [schema, name]))
  const registry = z.registry<z.core.GlobalMeta>()
  const get: typeof registry.get = (schema) => {
    const id = names.get(schema)
    const known = z.globalRegistry.get(schema)
    return id === undefined ? known : { ...known, id }
  }
  return Object.assign(registry, { get })
}

/** The content of a request or a response in JSON, by the name of its schema. */
export function json(schema: string): JsonObject {
  return { 'application/json': { schema: toReference(schema) } }
}

export function toReference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}
