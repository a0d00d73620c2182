/** What one GraphQL request may ask for. Each limit with its reason. */
export const limits = {
  /** The deepest sensible query of this schema has 5 levels. */
  depth: 8,
  /** Each alias of a mutation is a call to a model. */
  aliases: 15,
  directives: 50,
  /** Fields after all fragments are put in place. Validation compares each with each: 500 take it 75 ms, 250 a quarter of that. */
  fields: 250,
  /** The longest of the predecessor's documents has 50. */
  tokens: 1_000,
  /** Characters. Long texts belong into variables, which are not parsed, compared and cached as a query is. */
  queryLength: 100_000,
  /** Characters of query text that are kept parsed, which takes a hundred times as much: a front end has a dozen documents of 1,000. */
  cachedQueryLength: 200_000,
  /** As many as ten front ends have. */
  cachedDocuments: 500,
  /** Bytes: ten times the longest query. What a question to a model may hold beyond that goes to the API of REST. */
  bodyBytes: 1_048_576,
  /** Calls to models and stores; on Cloudflare's free plan a request has 50 subrequests. */
  operations: 50,
  /** Sessions on one page, as over REST. */
  sessionsPerPage: 100,
  /** Messages on one page. A front end that reloads wants the whole conversation. */
  messagesPerPage: 500,
  /** Problems of one document that are listed. */
  validationErrors: 20,
} as const
