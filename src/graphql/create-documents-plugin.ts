import { type DocumentNode, getOperationAST, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { GatewayError } from '../core/errors.ts'
import { createDocumentCache, type ParsedDocument } from './create-document-cache.ts'

/** Parses queries within their limits, before anything else looks at them. */
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

/** S29: any page can make a browser send a GET; what costs or changes something takes a POST of JSON, which browsers ask about first. */
function refuseEffects(document: DocumentNode, operationName: string | undefined): void {
  const operation = getOperationAST(document, operationName)
  if (operation === null || operation === undefined || operation.operation === OperationTypeNode.QUERY) return
  throw new GatewayError('method_not_allowed', `Send a ${operation.operation} by POST.`, {
    headers: { allow: 'POST, OPTIONS' },
  })
}
