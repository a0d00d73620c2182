import { NoSchemaIntrospectionCustomRule, specifiedRules, validate } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { GraphqlCallContext } from './calls.ts'
import { createDocumentsPlugin } from './documents.ts'
import { createErrorsPlugin, type DefectReport, toPublicError } from './errors.ts'
import { createContext } from './graphql-context.ts'
import { limits } from './limits.ts'
import { createSchema } from './schema.ts'

/** A GraphQL request without its transport. */
export interface GraphqlRequest extends DefectReport {
  readonly method: string
  readonly accept: string
  /** Query, variables and so on, as they came. */
  readonly params: Readonly<Record<string, unknown>>
  readonly visit: GraphqlCallContext
}

export interface GraphqlHandler {
  handle(request: GraphqlRequest): Promise<Response>
}

/** The context of plugins, beside that of Yoga and that of resolvers. */
interface ServerContext extends DefectReport {
  readonly parameters: GraphqlRequest['params']
}

/** Never called; Yoga wants an absolute URL. */
const url = 'http://weir/graphql'

/** GraphQL over HTTP, within its limits. `isOpen` shows the schema (S25). */
export function createGraphqlHandler(isOpen: boolean): GraphqlHandler {
  const yoga = createYoga<ServerContext>({
    schema: createSchema(),
    graphqlEndpoint: '/graphql',
    plugins: [createParametersPlugin(), createDocumentsPlugin(), createRulesPlugin(isOpen), createErrorsPlugin()],
    maskedErrors: { maskError: toPublicError, isDev: false },
    // src/http has a page of its own.
    graphiql: false,
    cors: false,
    landingPage: false,
    multipart: false,
    logging: false,
    maxRequestBodySize: false,
    // createDocumentsPlugin keeps parsed documents, and the errors of validation with them.
    parserAndValidationCache: { documentCache: nothingKept, errorCache: nothingKept },
  })
  return {
    async handle({ method, accept, params, visit, onDefect }) {
      // Without the caller's signal: a caller who leaves ends the calls to models, and their records must still be written.
      const init = { method, headers: { accept, 'content-type': 'application/json' } }
      return yoga.fetch(url, init, { ...createContext(visit), parameters: params, onDefect })
    },
  }
}

const nothingKept = { get: () => undefined, set() {} }

/** The body was read and checked as any other of Weir's. */
function createParametersPlugin(): Plugin<object, ServerContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => ({ ...serverContext.parameters }))
    },
  }
}

function createRulesPlugin(isOpen: boolean): Plugin {
  const rules = isOpen ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  const options = { hideSuggestions: !isOpen, maxErrors: limits.validationErrors }
  return {
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document) => validate(schema, document, rules, options))
    },
    onExecute({ args }) {
      Object.assign(args, { hideSuggestions: !isOpen })
    },
    onSubscribe({ args }) {
      Object.assign(args, { hideSuggestions: !isOpen })
    },
  }
}
