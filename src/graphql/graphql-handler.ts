import { NoSchemaIntrospectionCustomRule, specifiedRules, validate } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { GraphqlCallContext } from './calls.ts'
import { createDocumentsPlugin } from './documents.ts'
import { createErrorsPlugin, type DefectReport, toPublicError } from './errors.ts'
import { createContext } from './graphql-context.ts'
import { limits } from './limits.ts'
import { createSchema } from './schema.ts'

/** A GraphQL request, independent of its transport. */
export interface GraphqlRequest extends DefectReport {
  readonly method: string
  readonly accept: string
  /** Query, variables and so on, as received. */
  readonly params: Readonly<Record<string, unknown>>
  readonly callContext: GraphqlCallContext
}

export interface GraphqlHandler {
  handle(request: GraphqlRequest): Promise<Response>
}

/** The context of plugins, in addition to those of Yoga and resolvers. */
interface ServerContext extends DefectReport {
  readonly parameters: GraphqlRequest['params']
}

/** Never requested; Yoga requires an absolute URL. */
const url = 'http://weir/graphql'

/** Creates a handler of GraphQL over HTTP with limits. `isOpen` allows introspection (S25). */
export function createGraphqlHandler(isOpen: boolean): GraphqlHandler {
  const yoga = createYoga<ServerContext>({
    schema: createSchema(),
    graphqlEndpoint: '/graphql',
    plugins: [createParametersPlugin(), createDocumentsPlugin(), createRulesPlugin(isOpen), createErrorsPlugin()],
    maskedErrors: { maskError: toPublicError, isDev: false },
    // src/http serves its own page instead.
    graphiql: false,
    cors: false,
    landingPage: false,
    multipart: false,
    logging: false,
    maxRequestBodySize: false,
    // createDocumentsPlugin caches valid documents itself.
    parserAndValidationCache: { documentCache: noCache, errorCache: noCache },
  })
  return {
    async handle({ method, accept, params, callContext, onDefect }) {
      // Yoga does not get the caller's signal: a disconnect aborts the model calls, whose records must still be
      // written.
      const init = { method, headers: { accept, 'content-type': 'application/json' } }
      return yoga.fetch(url, init, { ...createContext(callContext), parameters: params, onDefect })
    },
  }
}

const noCache = { get: () => undefined, set() {} }

/** Gives Yoga the parameters that src/http has already read and checked. */
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
