import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Dialect, ResponseFacts } from './dialect.ts'
import { isVector } from './embeddings.ts'
import { geminiFormat, listOf, refuseOtherModel, requireGeminiFields, toOptionalModel } from './gemini-format.ts'
import { estimateInput } from './gemini-input.ts'
import { readGeminiUsage } from './gemini-usage.ts'

const single = requireGeminiFields({ required: ['content'] })

/** The vector of one content. Source: https://ai.google.dev/api/embeddings, read on 2026-11-30. */
export const embedContent: Dialect = {
  ...geminiFormat,
  id: 'embedContent',
  ...single,
  readRequest(body, path) {
    const facts = single.readRequest(body, path)
    refuseOtherModel(body.model, 'model', path)
    return facts
  },
  boundRequest: (body) => ({ inputTokens: estimateInput(body), maxOutputTokens: 0, choices: 1 }),
  toModelFields: toOptionalModel,
  readResponse,
  // `{values: […]}` each; Google leaves out an empty list.
  reply: { hasOutput: ({ embedding, embeddings }) => [embedding, embeddings].flat().some(isVector) },
}

const batch = requireGeminiFields({ required: ['requests'] })

/** The vectors of several contents, each with the model in the path. Source: as above. */
export const batchEmbedContents: Dialect = {
  ...embedContent,
  id: 'batchEmbedContents',
  ...batch,
  readRequest(body, path) {
    const facts = batch.readRequest(body, path)
    for (const [at, request] of listOf(body.requests).entries())
      if (isJsonObject(request)) refuseOtherModel(request.model, `requests[${at}].model`, path)
    refuseOtherModel(body.model, 'model', path)
    return facts
  },
  toModelFields: (model, body) => ({
    ...toOptionalModel(model, body),
    requests: listOf(body.requests).map((request) =>
      isJsonObject(request) ? { ...request, ...toOptionalModel(model, request) } : request,
    ),
  }),
}

function readResponse(body: JsonObject): ResponseFacts {
  return {
    usage: readGeminiUsage(body.usageMetadata),
    finishReason: undefined,
    isError: isJsonObject(body.error),
    hasResult: isJsonObject(body.embedding) || Array.isArray(body.embeddings),
    outputText: '',
  }
}
