import * as z from 'zod'
import type { JsonObject } from '../../core/json.ts'
import type { ErrorFormat } from '../error-response.ts'
import type { Parameters } from '../query.ts'
import type { Method, Route } from '../route.ts'

/** The description of a route, in addition to its row in the route table. */
export interface RouteDescription {
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Content types of the request body with their schemas. */
  readonly body?: JsonObject
  /** True if the request may omit the body. */
  readonly isBodyOptional?: boolean
  readonly status?: number
  /** Content types of the response with their schemas. */
  readonly content: JsonObject
  /** HTTP statuses of errors, in addition to `default`. */
  readonly errors: readonly number[]
  /** Other responses by HTTP status. */
  readonly otherResponses?: JsonObject
  readonly isDeprecated?: boolean
}

export interface DescribedRoute extends RouteDescription {
  readonly route: Route
  readonly query: Parameters
}

/** Content type and schema of an error, by the `errors` of a route. */
type ErrorFormats = Readonly<Partial<Record<ErrorFormat, { readonly type: string; readonly schema: string }>>>

/** The meaning of each HTTP status; the `code` in the body is more specific. */
const meanings: Readonly<Record<number, string>> = {
  400: 'A field or a parameter is invalid. `param` names it.',
  401: 'The key is missing or invalid.',
  403: 'The caller may not do this.',
  404: 'The object or the path does not exist.',
  409: 'A request with the same `Idempotency-Key` is still in progress.',
  410: 'The object existed and was used up.',
  413: 'The body is too large.',
  415: 'The endpoint does not accept the content type of the body.',
  422: 'The `Idempotency-Key` was already used for a different request.',
  429: 'A limit is reached. `Retry-After` gives the number of seconds to wait.',
}

/** Renders the `paths` of OpenAPI 3.1. */
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
      description: name === 'model' ? 'The model name; slashes may be encoded as `%2F`.' : 'The id of the object.',
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
  const toErrorEntry = (meaning: string) => ({
    description: meaning,
    ...(format !== undefined && { content: { [format.type]: { schema: toReference(format.schema) } } }),
  })
  return {
    // An operation id must be unique, so a second method of a route gets a suffix.
    operationId: method === route.methods[0] ? route.id : `${route.id}.${method.toLowerCase()}`,
    summary,
    description,
    tags: [tag],
    ...(isDeprecated === true && { deprecated: true }),
    ...((route.auth === 'none' || route.auth === 'login') && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined &&
      method !== 'GET' && { requestBody: { required: isBodyOptional !== true, content: body } }),
    responses: {
      [String(described.status ?? 200)]: { description: summary, content },
      ...Object.fromEntries(described.errors.map((status) => [status, toErrorEntry(meanings[status] ?? 'An error.')])),
      ...described.otherResponses,
      default: toErrorEntry('Another error.'),
    },
  }
}

/** Renders Zod schemas as `components/schemas` of OpenAPI 3.1. A named schema within another becomes a reference. */
export function toComponents(schemas: Readonly<Record<string, z.ZodType>>): JsonObject {
  // Unlike `z.toJSONSchema`, the method does not bundle the code of unused types into a Worker.
  const { $defs = {} } = z.strictObject(schemas).toJSONSchema({
    io: 'input',
    metadata: withNames(schemas),
    override({ jsonSchema }) {
      // TypeScript's `readonly`, the bounds of safe integers and the name are no part of the API.
      delete jsonSchema.readOnly
      delete jsonSchema.id
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  return JSON.parse(JSON.stringify($defs).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

/** Returns the metadata registry of all schemas, with the given schemas named. */
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

/** Returns a JSON content entry that references the schema with this name. */
export function json(schema: string): JsonObject {
  return { 'application/json': { schema: toReference(schema) } }
}

export function toReference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}
