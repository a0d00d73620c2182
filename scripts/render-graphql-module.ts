import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  GraphQLInputObjectType,
  type GraphQLNamedType,
  GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'

const introduction = `// Written by scripts/generate-docs.ts from schema.graphql. Change it there, then run: node scripts/generate-docs.ts
import type { GraphqlContext } from './graphql-context.ts'

`

const typeByScalar: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  JSON: 'unknown',
}

/** The schema as text that every runtime can load, and a TypeScript type for each of its types, arguments and resolvers. */
export function renderGraphqlModule(sdl: string): string {
  const schema = buildSchema(sdl)
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
  const blocks = types.flatMap((type) => renderType(type, schema))
  return `${introduction}export const typeDefs = ${JSON.stringify(sdl)}\n\n${blocks.join('\n\n')}\n`
}

function renderType(type: GraphQLNamedType, schema: GraphQLSchema): readonly string[] {
  if (type instanceof GraphQLInputObjectType) {
    const members = Object.values(type.getFields()).map((field) =>
      renderMember(field.name, field.type, isRequiredInputField(field)),
    )
    return [renderInterface(type.name, members)]
  }
  if (!(type instanceof GraphQLObjectType)) return []
  const fields = Object.values(type.getFields())
  const argumentTypes = fields
    .filter((field) => field.args.length > 0)
    .map((field) => renderInterface(toArgsName(type, field), field.args.map(renderArgument)))
  const isRoot = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type)
  const members = fields.map((field) => (isRoot ? renderResolver(type, field, schema) : renderField(type, field)))
  return [...argumentTypes, renderInterface(isRoot ? `${type.name}Resolvers` : type.name, members)]
}

function renderInterface(name: string, members: readonly string[]): string {
  return `export interface ${name} {\n${members.map((member) => `  ${member}`).join('\n')}\n}`
}

/** An argument with a default is always there, once the request is checked. */
function renderArgument(argument: GraphQLArgument): string {
  return renderMember(argument.name, argument.type, isRequiredArgument(argument) || isNonNullType(argument.type))
}

function renderField(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): string {
  if (field.args.length === 0) return renderMember(field.name, field.type, isNonNullType(field.type))
  const result = toTypeScript(field.type)
  return `readonly ${field.name}: (args: ${toArgsName(type, field)}, context: GraphqlContext) => Promise<${result}>`
}

function renderResolver(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, schema: GraphQLSchema): string {
  const args = field.args.length > 0 ? toArgsName(type, field) : 'unknown'
  const result = toTypeScript(field.type)
  const promised = type === schema.getSubscriptionType() ? `AsyncIterable<${result}>` : result
  return `readonly ${field.name}: (args: ${args}, context: GraphqlContext) => Promise<${promised}>`
}

function renderMember(name: string, type: GraphQLType, isRequired: boolean): string {
  return `readonly ${name}${isRequired ? '' : '?'}: ${toTypeScript(type)}${isRequired ? '' : ' | undefined'}`
}

function toTypeScript(type: GraphQLType): string {
  if (isNonNullType(type)) return toBareTypeScript(type.ofType)
  return `${toBareTypeScript(type)} | null`
}

function toBareTypeScript(type: GraphQLType): string {
  if (isListType(type)) return `readonly ${toElement(type.ofType)}[]`
  const name = String(type)
  return typeByScalar[name] ?? name
}

function toElement(type: GraphQLType): string {
  const text = toTypeScript(type)
  return /[ |]/.test(text) ? `(${text})` : text
}

function toArgsName(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): string {
  return `${type.name}${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}Args`
}
