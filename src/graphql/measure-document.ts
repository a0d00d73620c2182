import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** What executing a document would come to, fragments put in place. */
export interface DocumentSize {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  readonly fields: number
}

const nothing: DocumentSize = { depth: 0, aliases: 0, directives: 0, fields: 0 }

/** Measures each fragment once, however often it is used. A fragment within itself counts as nothing: validation refuses it. */
export function measureDocument({ definitions }: DocumentNode): DocumentSize {
  const fragments = new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  )
  const measured = new Map<string, DocumentSize>()
  const sizes = definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? [
          withDirectives(measureSet(definition.selectionSet, { fragments, measured }), definition.directives),
          ...(definition.variableDefinitions ?? []).map(({ directives }) => withDirectives(nothing, directives)),
        ]
      : [],
  )
  return sizes.reduce(add, nothing)
}

interface Fragments {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly measured: Map<string, DocumentSize>
}

function measureSet(set: SelectionSetNode | undefined, known: Fragments): DocumentSize {
  return (set?.selections ?? []).map((selection) => measureSelection(selection, known)).reduce(add, nothing)
}

function measureSelection(selection: SelectionNode, known: Fragments): DocumentSize {
  switch (selection.kind) {
    case Kind.FIELD: {
      // Introspection is as deep as types are nested, and has a limit of its own (MaxIntrospectionDepthRule).
      const isIntrospection = selection.name.value.startsWith('__')
      const inner = isIntrospection ? nothing : measureSet(selection.selectionSet, known)
      const own = {
        depth: inner.depth + 1,
        aliases: inner.aliases + (selection.alias === undefined ? 0 : 1),
        directives: inner.directives,
        fields: inner.fields + 1,
      }
      return withDirectives(own, selection.directives)
    }
    case Kind.INLINE_FRAGMENT:
      return withDirectives(measureSet(selection.selectionSet, known), selection.directives)
    case Kind.FRAGMENT_SPREAD:
      return withDirectives(measureFragment(selection.name.value, known), selection.directives)
  }
}

function measureFragment(name: string, known: Fragments): DocumentSize {
  const { fragments, measured } = known
  const size = measured.get(name)
  if (size !== undefined) return size
  measured.set(name, nothing)
  const fragment = fragments.get(name)
  const found = withDirectives(measureSet(fragment?.selectionSet, known), fragment?.directives)
  measured.set(name, found)
  return found
}

function withDirectives(size: DocumentSize, directives: readonly unknown[] | undefined): DocumentSize {
  return { ...size, directives: size.directives + (directives?.length ?? 0) }
}

function add(left: DocumentSize, right: DocumentSize): DocumentSize {
  return {
    depth: Math.max(left.depth, right.depth),
    aliases: left.aliases + right.aliases,
    directives: left.directives + right.directives,
    fields: left.fields + right.fields,
  }
}
