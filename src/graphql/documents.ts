import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  getOperationAST,
  Kind,
  OperationTypeNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createBoundedMap } from '../core/bounded-map.ts'
import { GatewayError } from '../core/errors.ts'
import { limits } from './limits.ts'

/** Parses queries within the limits, before any other plugin handles them. */
export function createDocumentsPlugin(): Plugin {
  const cache = createDocumentCache()
  const documents = new WeakMap<object, ParsedDocument>()
  return {
    onParams({ params, request }) {
      if (typeof params.query !== 'string') return
      const parsed = cache.read(params.query)
      if (request.method === 'GET' && parsed.kind === 'parsed') refuseEffects(parsed.document, params.operationName)
      documents.set(params, parsed)
    },
    onValidate({ params }) {
      const document = params.documentAST
      return ({ valid }) => void (valid && cache.add(document))
    },
    onParse({ context, setParsedDocument, setParseFn }) {
      const parsed = documents.get(context.params)
      if (parsed?.kind === 'parsed') setParsedDocument(parsed.document)
      if (parsed?.kind === 'malformed') {
        setParseFn(() => {
          throw parsed.error
        })
      }
    },
  }
}

/**
 * S29: any page can make a browser send a GET. An operation with a cost or an effect requires a POST of JSON, for which
 * browsers send a preflight.
 */
function refuseEffects(document: DocumentNode, operationName: string | undefined): void {
  const operation = getOperationAST(document, operationName)
  if (operation === null || operation === undefined || operation.operation === OperationTypeNode.QUERY) return
  throw new GatewayError('method_not_allowed', `Send a ${operation.operation} with POST.`, {
    headers: { allow: 'POST, OPTIONS' },
  })
}

export type ParsedDocument =
  | { readonly kind: 'parsed'; readonly document: DocumentNode }
  | { readonly kind: 'malformed'; readonly error: GraphQLError }

/** LRU cache of valid parsed queries, bounded by count and by total length (case D2). */
export interface DocumentCache {
  /** Parses a query. Returns the same document for a cached query. Throws GatewayError `query_too_complex`. */
  read(query: string): ParsedDocument
  /** Caches a document that `read` returned. Call it only after validation: queries of an attacker are seldom valid. */
  add(document: DocumentNode): void
}

export function createDocumentCache(): DocumentCache {
  const minSize = limits.cachedQueryLength / limits.cachedDocuments
  const known = createBoundedMap<string, DocumentNode>(limits.cachedQueryLength, (_document, query) =>
    Math.max(query.length, minSize),
  )
  const queries = new WeakMap<DocumentNode, string>()
  return {
    read(query) {
      const found = known.get(query)
      if (found !== undefined) {
        // Marks it as most recently used.
        known.set(query, found)
        return { kind: 'parsed', document: found }
      }
      const parsed = parseQuery(query)
      if (parsed.kind === 'parsed') {
        checkSize(parsed.document)
        queries.set(parsed.document, query)
      }
      return parsed
    },
    add(document) {
      const query = queries.get(document)
      if (query !== undefined) known.set(query, document)
    },
  }
}

/** S27: the parser stops at the token limit, before its recursion gets deep. */
function parseQuery(query: string): ParsedDocument {
  if (query.length > limits.queryLength) {
    throw tooComplex(`is longer than ${limits.queryLength} characters. Send long strings as variables`)
  }
  try {
    return { kind: 'parsed', document: parse(query, { maxTokens: limits.tokens }) }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes(`more than ${limits.tokens} tokens`))
      throw tooComplex(`has more than ${limits.tokens} tokens`)
    return { kind: 'malformed', error }
  }
}

/** S26: runs before validation, because some validation rules compare every field with every other. */
function checkSize(document: DocumentNode): void {
  const size = measureDocument(document)
  if (size.depth > limits.depth) throw tooComplex(`has more than ${limits.depth} levels`)
  for (const key of ['aliases', 'directives', 'fields'] as const) {
    if (size[key] > limits[key]) throw tooComplex(`has more than ${limits[key]} ${key}`)
  }
}

function tooComplex(reason: string): GatewayError {
  return new GatewayError('query_too_complex', `The query ${reason}.`)
}

/** The size of a document after its fragments are expanded. */
export interface DocumentSize {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  readonly fields: number
}

const empty: DocumentSize = { depth: 0, aliases: 0, directives: 0, fields: 0 }

/** Measures a document, and each fragment once. A recursive fragment counts as empty, because validation refuses it. */
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
          ...(definition.variableDefinitions ?? []).map(({ directives }) => withDirectives(empty, directives)),
        ]
      : [],
  )
  return sizes.reduce(add, empty)
}

interface Fragments {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly measured: Map<string, DocumentSize>
}

function measureSet(set: SelectionSetNode | undefined, known: Fragments): DocumentSize {
  return (set?.selections ?? []).map((selection) => measureSelection(selection, known)).reduce(add, empty)
}

function measureSelection(selection: SelectionNode, known: Fragments): DocumentSize {
  switch (selection.kind) {
    case Kind.FIELD: {
      // Introspection is as deep as types are nested; MaxIntrospectionDepthRule limits it.
      const isIntrospection = selection.name.value.startsWith('__')
      const inner = isIntrospection ? empty : measureSet(selection.selectionSet, known)
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
  measured.set(name, empty)
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
