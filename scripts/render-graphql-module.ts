import {
  buildSchema,
  type GraphQLArgument,
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

/**
 * Renders a module with the schema as a string, and a TypeScript type for each of its types, arguments and resolvers.
 */
export function renderGraphqlModule(sdl: string): string {
  const schema = buildSchema(sdl)
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
  const blocks = types.flatMap((type) => renderType(type, schema))
  return `${introduction}export const typeDefs = ${JSON.stringify(sdl)}\n\n${blocks.join('\n\n')}\n`
}

function renderType(type: GraphQLNamedType, schema: GraphQLSchema): readonly string[] {
  if (type instanceof GraphQLInputObjectType) {
    const members = Object.values(type.getFields()).map((field) => renderMember(field, isRequiredInputField(field)))
    return [renderInterface(type.name, members)]
  }
  if (!(type instanceof GraphQLObjectType)) return []
  const isRoot = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type)
  const interfaces: string[] = []
  const members: string[] = []
  for (const field of Object.values(type.getFields())) {
    const { name, args } = field
    const argsName = `${type.name}${name.charAt(0).toUpperCase()}${name.slice(1)}Args`
    if (args.length > 0) {
      // After validation, an argument with a default is always present.
      const isPresent = (argument: GraphQLArgument) => isRequiredArgument(argument) || isNonNullType(argument.type)
      const argMembers = args.map((argument) => renderMember(argument, isPresent(argument)))
      interfaces.push(renderInterface(argsName, argMembers))
    }
    if (isRoot || args.length > 0) {
      const result = toTypeScript(field.type)
      const promised = type === schema.getSubscriptionType() ? `AsyncIterable<${result}>` : result
      const argsType = args.length > 0 ? argsName : 'unknown'
      members.push(`readonly ${name}: (args: ${argsType}, context: GraphqlContext) => Promise<${promised}>`)
    } else {
      members.push(renderMember(field, isNonNullType(field.type)))
    }
  }
  return [...interfaces, renderInterface(isRoot ? `${type.name}Resolvers` : type.name, members)]
}

function renderInterface(name: string, members: readonly string[]): string {
  return `export interface ${name} {\n${members.map((member) => `  ${member}`).join('\n')}\n}`
}

function renderMember({ name, type }: { name: string; type: GraphQLType }, isRequired: boolean): string {
  return `readonly ${name}${isRequired ? '' : '?'}: ${toTypeScript(type)}${isRequired ? '' : ' | undefined'}`
}

function toTypeScript(type: GraphQLType): string {
  if (!isNonNullType(type)) return `${toNonNull(type)} | null`
  return toNonNull(type.ofType)
}

function toNonNull(type: GraphQLType): string {
  if (!isListType(type)) return typeByScalar[String(type)] ?? String(type)
  const element = toTypeScript(type.ofType)
  return `readonly ${/[ |]/.test(element) ? `(${element})` : element}[]`
}
