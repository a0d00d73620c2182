/** Limits of one GraphQL request, each with its reason. */
export const limits = {
  /** The deepest sensible query of this schema has 5 levels. */
  depth: 8,
  /** Each alias of a mutation is a call to a model. */
  aliases: 15,
  directives: 50,
  /**
   * Fields after fragments are expanded. Validation compares each pair: 75 ms for 500 fields, a quarter of that for
   * 250.
   */
  fields: 250,
  /** The predecessor's largest document has 50. */
  tokens: 1_000,
  /** Characters. Long strings belong in variables, which are neither parsed as a query, compared nor cached. */
  queryLength: 100_000,
  /**
   * Total characters of cached queries. The parsed form is a hundred times larger; a front end has a dozen queries of
   * 1,000.
   */
  cachedQueryLength: 200_000,
  /** Enough for ten front ends. */
  cachedDocuments: 500,
  /** Bytes: ten times the maximum query. A larger model request must use the REST API. */
  bodyBytes: 1_048_576,
  /** Model calls and session operations; Cloudflare's free plan allows 50 subrequests per request. */
  operations: 50,
  /** Sessions per page, as in the REST API. */
  sessionsPerPage: 100,
  /** Messages per page. A front end that reloads fetches the whole conversation. */
  messagesPerPage: 500,
  /** Validation errors reported per document. */
  validationErrors: 20,
} as const
