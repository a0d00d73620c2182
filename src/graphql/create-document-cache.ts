import { type DocumentNode, GraphQLError, parse } from 'graphql'
import { createBoundedMap } from '../core/bounded-map.ts'
import { GatewayError } from '../core/errors.ts'
import { limits } from './limits.ts'
import { type DocumentSize, measureDocument } from './measure-document.ts'

/** What became of a query's text. */
export type ParsedDocument =
  | { readonly kind: 'parsed'; readonly document: DocumentNode }
  | { readonly kind: 'malformed'; readonly error: GraphQLError }

/** Parsed queries, the last used ones up to a sum of their lengths. */
export interface DocumentCache {
  /** The same text gives the same document, whose validation can be remembered by it. Throws GatewayError `query_too_complex`. */
  read(query: string): ParsedDocument
}

export function createDocumentCache(): DocumentCache {
  const known = createBoundedMap<string, ParsedDocument>(limits.cachedQueryLength, (_document, query) => query.length)
  return {
    read(query) {
      const found = known.get(query)
      if (found !== undefined) {
        // The newest again.
        known.set(query, found)
        return found
      }
      const parsed = parseQuery(query)
      if (parsed.kind === 'parsed') checkSize(measureDocument(parsed.document))
      known.set(query, parsed)
      return parsed
    },
  }
}

/** S27: the parser stops at the limit of tokens, before its recursion gets deep. */
function parseQuery(query: string): ParsedDocument {
  if (query.length > limits.queryLength) {
    throw tooComplex(`is over ${limits.queryLength} characters. Send long texts as variables`)
  }
  try {
    return { kind: 'parsed', document: parse(query, { maxTokens: limits.tokens }) }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes(`more than ${limits.tokens} tokens`))
      throw tooComplex(`has over ${limits.tokens} tokens`)
    return { kind: 'malformed', error }
  }
}

const names = { depth: 'levels', aliases: 'aliases', directives: 'directives', fields: 'fields' } as const

/** S26: before validation, some of whose rules compare every field with every other. */
function checkSize(size: DocumentSize): void {
  for (const key of ['depth', 'aliases', 'directives', 'fields'] as const) {
    if (size[key] > limits[key]) throw tooComplex(`has over ${limits[key]} ${names[key]}`)
  }
}

function tooComplex(how: string): GatewayError {
  return new GatewayError('query_too_complex', `The query ${how}.`)
}
