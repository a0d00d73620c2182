import { readFileSync } from 'node:fs'
import { type ESTree, parseSync } from 'vite'

/** The type of a dialect's requests, and the files that declare it. */
export interface TypeOfRequests {
  readonly files: readonly string[]
  readonly root: string
  /** Returns the name in the HTTP body of a path in the SDK; undefined for what the SDK keeps to itself. */
  toWireName?(path: string): string | undefined
}

/** A declaration with the namespaces around it, in which its names are looked up first. */
interface Declared {
  readonly scope: readonly string[]
  readonly name: string
  readonly node: ESTree.TSInterfaceDeclaration | ESTree.TSTypeAliasDeclaration | ESTree.Class
}

type Member = ESTree.TSSignature | ESTree.ClassElement

/**
 * Lists the fields of a type in declaration files, with all that is nested, in the notation of `listFields`. A member
 * that is an object or a list in one form and a scalar in another is listed in both.
 */
export function readTypeFields({ files, root, toWireName = keep }: TypeOfRequests): readonly string[] {
  const declared = new Map<string, Declared>()
  for (const file of files) collect(parseSync(file, readFileSync(file, 'utf8')).program.body, [], declared)

  function find(name: string, scope: readonly string[]): Declared | undefined {
    for (let depth = scope.length; depth >= 0; depth -= 1) {
      const found = declared.get([...scope.slice(0, depth), name].join('.'))
      if (found !== undefined) return found
    }
    // The first name of `Shared.Metadata` is that of an import.
    return name.includes('.') ? find(name.slice(name.indexOf('.') + 1), []) : undefined
  }

  /** Lists the paths of a type at a path. `around` has the interfaces that hold it, which ends recursion. */
  function list(type: ESTree.TSType, path: string, scope: readonly string[], around: readonly string[]): string[] {
    switch (type.type) {
      case 'TSUnionType':
      case 'TSIntersectionType':
        return type.types.flatMap((each) => list(each, path, scope, around))
      case 'TSParenthesizedType':
        return list(type.typeAnnotation, path, scope, around)
      case 'TSArrayType':
        return list(type.elementType, `${path}[]`, scope, around)
      case 'TSNullKeyword':
      case 'TSUndefinedKeyword':
        return []
      case 'TSTypeLiteral':
        return type.members.some((member) => member.type === 'TSIndexSignature')
          ? [withoutBrackets(path)]
          : listMembers(type.members, path, scope, around)
      case 'TSTypeReference': {
        const name = nameOf(type.typeName)
        const [inner] = type.typeArguments?.params ?? []
        if (name === 'Array' && inner !== undefined) return list(inner, `${path}[]`, scope, around)
        const found = find(name, scope)
        if (found === undefined || around.includes(name)) return [withoutBrackets(path)]
        const { node } = found
        const within = [...found.scope, found.name]
        if (node.type === 'TSTypeAliasDeclaration') return list(node.typeAnnotation, path, within, around)
        return listMembers(membersOf(found), path, within, [...around, name])
      }
      default:
        return [withoutBrackets(path)]
    }
  }

  function membersOf({ node, scope }: Declared): readonly Member[] {
    if (node.type === 'TSTypeAliasDeclaration') return []
    if (node.type !== 'TSInterfaceDeclaration') return node.body.body
    const inherited = node.extends.flatMap(({ expression }) => {
      const base = expression.type === 'Identifier' ? find(expression.name, scope) : undefined
      return base === undefined ? [] : membersOf(base)
    })
    return [...node.body.body, ...inherited]
  }

  function listMembers(
    members: readonly Member[],
    path: string,
    scope: readonly string[],
    around: readonly string[],
  ): string[] {
    if (members.some((member) => member.type === 'TSIndexSignature')) return [withoutBrackets(path)]
    const typed = members.flatMap((member) => {
      if (member.type !== 'TSPropertySignature' && member.type !== 'PropertyDefinition') return []
      if (!member.typeAnnotation) return []
      const name = member.key.type === 'Identifier' ? member.key.name : ''
      return [{ name, type: member.typeAnnotation.typeAnnotation }]
    })
    const kinds = labelNames.flatMap((name) => typed.filter((member) => member.name === name))
    const labels = kinds.map(({ type }) => literalsOf(type)).find((found) => found.length > 0)
    const others = typed.filter(({ name }) => !labelNames.includes(name))
    return (labels ?? [undefined]).flatMap((label) => {
      const here = label === undefined ? path : `${withoutBrackets(path)}[${label}]`
      const nested = others.flatMap(({ name, type }) => {
        const inner = here === '' ? name : `${here}.${name}`
        return wholeNames.has(name) ? [inner] : list(type, inner, scope, around)
      })
      return nested.length === 0 ? [here] : nested
    })
  }

  const start = declared.get(root)
  if (start === undefined) throw new Error(`${root} is not declared in ${files.join(', ')}.`)
  const paths = listMembers(membersOf(start), '', [...start.scope, root], [root])
  return [...new Set(paths.flatMap((path) => toWireName(path) ?? []))]
}

/** Members that are carried or left out in one piece. */
export const wholeNames: ReadonlySet<string> = new Set([
  'annotations',
  'cache_control',
  'caller',
  'citations',
  'input_examples',
  'logprobs',
  'mcpServers',
  'parameters',
  'partialArgs',
  'prompt_cache_breakpoint',
  'response',
  'responseSchema',
  'speechConfig',
])

function keep(path: string): string {
  return path
}

function withoutBrackets(path: string): string {
  return path.replace(/\[\]$/, '')
}

/** The members that say which form an object has, the most telling first. */
export const labelNames: readonly string[] = ['role', 'type']

function collect(nodes: readonly ESTree.Node[], scope: readonly string[], declared: Map<string, Declared>): void {
  for (const each of nodes) {
    const node = each.type === 'ExportNamedDeclaration' && each.declaration !== null ? each.declaration : each
    if (
      node.type === 'TSInterfaceDeclaration' ||
      node.type === 'TSTypeAliasDeclaration' ||
      node.type === 'ClassDeclaration'
    ) {
      const name = node.id?.name ?? ''
      const path = [...scope, name].join('.')
      // An alias in a namespace only names the interface of the module again.
      if (!declared.has(path)) declared.set(path, { scope, name, node })
    }
    if (node.type === 'TSModuleDeclaration' && node.id.type === 'Identifier' && node.body?.type === 'TSModuleBlock')
      collect(node.body.body, [...scope, node.id.name], declared)
  }
}

function nameOf(name: ESTree.TSTypeName): string {
  if (name.type === 'TSQualifiedName') return `${nameOf(name.left)}.${name.right.name}`
  return name.type === 'Identifier' ? name.name : ''
}

function literalsOf(type: ESTree.TSType): readonly string[] {
  if (type.type === 'TSUnionType') return type.types.flatMap(literalsOf)
  return type.type === 'TSLiteralType' && type.literal.type === 'Literal' && typeof type.literal.value === 'string'
    ? [type.literal.value]
    : []
}
