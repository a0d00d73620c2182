import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, type GraphQLObjectType, validateSchema } from 'graphql'
import { expect, test } from 'vitest'
import { renderGraphqlModule } from '../../scripts/render-graphql-module.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { projectRoot } from '../architecture/source-files.ts'

const folder = join(projectRoot, 'src/graphql')
const sdl = readFileSync(join(folder, 'schema.graphql'), 'utf8')

test('the generated module matches schema.graphql (run `node scripts/generate-docs.ts`)', () => {
  expect(readFileSync(join(folder, 'schema.generated.ts'), 'utf8')).toBe(renderGraphqlModule(sdl))
})

test('the schema is valid; the server does not check it at start', () => {
  expect(validateSchema(buildSchema(sdl))).toEqual([])
})

test('every root field has a resolver', () => {
  const schema = createSchema()
  const fieldsOf = (type: GraphQLObjectType | null | undefined) => Object.values(type?.getFields() ?? {})
  const silent = [...fieldsOf(schema.getQueryType()), ...fieldsOf(schema.getMutationType())].filter(
    ({ resolve }) => resolve === undefined,
  )
  expect(silent.map(({ name }) => name)).toEqual([])
  expect(fieldsOf(schema.getSubscriptionType()).filter(({ subscribe }) => subscribe === undefined)).toEqual([])
})

test('every operation has a description, because the schema is its own documentation', () => {
  const schema = buildSchema(sdl)
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {}))
  expect(fields.filter(({ description }) => !description).map(({ name }) => name)).toEqual([])
})

test('the TypeScript types follow the schema: required, optional, lists, arguments and resolvers', () => {
  const module = renderGraphqlModule(`
    scalar JSON
    type Query { find(id: ID!, limit: Int! = 1, tags: [String!]): [Thing!] }
    type Subscription { watch: Thing! }
    type Thing { id: ID!, any: JSON, inner(deep: Boolean): [Thing]! }
    input Options { name: String!, size: Float, kinds: [String] }
  `)
  for (const line of [
    'readonly find: (args: QueryFindArgs, context: GraphqlContext) => Promise<readonly Thing[] | null>',
    'export interface QueryFindArgs {\n  readonly id: string\n  readonly limit: number\n  readonly tags?: readonly string[] | null | undefined\n}',
    'readonly watch: (args: unknown, context: GraphqlContext) => Promise<AsyncIterable<Thing>>',
    'readonly any?: unknown | null | undefined',
    'readonly inner: (args: ThingInnerArgs, context: GraphqlContext) => Promise<readonly (Thing | null)[]>',
    'readonly kinds?: readonly (string | null)[] | null | undefined',
  ]) {
    expect(module).toContain(line)
  }
})
