import { type GraphQLSchema, NoSchemaIntrospectionCustomRule, specifiedRules, validate } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { createDocumentsPlugin } from './create-documents-plugin.ts'
import { createErrorsPlugin, type DefectReport } from './create-errors-plugin.ts'
import { limits } from './limits.ts'
import { toPublicError } from './to-public-error.ts'

/** A GraphQL request without its transport. */
export interface YogaRequest<Context> extends DefectReport {
  readonly method: string
  readonly accept: string
  /** Query, variables and so on, as they came. */
  readonly params: Readonly<Record<string, unknown>>
  /** What resolvers work with. */
  readonly context: Context
}

export interface YogaHandler<Context> {
  handle(request: YogaRequest<Context>): Promise<Response>
}

export interface YogaHandlerOptions {
  readonly schema: GraphQLSchema
  /** S25: shows the schema, by introspection and suggestions. */
  readonly isOpen: boolean
  /** Offers a page on which queries can be tried. */
  readonly hasPage: boolean
}

/** What plugins find beside what Yoga puts there, and beside what resolvers work with. */
interface ServerContext extends DefectReport {
  readonly parameters: YogaRequest<unknown>['params']
}

/** Never called; Yoga wants an absolute URL. */
const url = 'http://weir/graphql'

/** GraphQL over HTTP, within its limits. */
export function createYogaHandler<Context extends object>({
  schema,
  isOpen,
  hasPage,
}: YogaHandlerOptions): YogaHandler<Context> {
  const yoga = createYoga<ServerContext>({
    schema,
    graphqlEndpoint: '/graphql',
    plugins: [createParametersPlugin(), createDocumentsPlugin(), createRulesPlugin(isOpen), createErrorsPlugin()],
    maskedErrors: { maskError: toPublicError, isDev: false },
    graphiql: hasPage,
    ...{ cors: false, landingPage: false, multipart: false, logging: false, maxRequestBodySize: false },
    // Parsed documents are kept by createDocumentsPlugin; what validation found is remembered with them.
    parserAndValidationCache: { documentCache: nothingKept, errorCache: nothingKept },
  })
  return {
    async handle({ method, accept, params, context, onDefect }) {
      // Without the caller's signal: who leaves ends the calls to models, and their records must still be written.
      const init = { method, headers: { accept, 'content-type': 'application/json' } }
      return yoga.fetch(url, init, { ...context, parameters: params, onDefect })
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
