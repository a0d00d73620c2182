import {
  ApiError,
  type Content,
  type FunctionCall,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from '@google/genai'
import type { JsonObject } from '../../../src/core/json.ts'
import { gatewayToken } from '../../support/gateway.ts'
import { toContentEvent } from '../../support/gemini-fixtures.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import { type Call, type Finish, type Question, type Reply, type Side, toolSchema, toPieces, usage } from './side.ts'

// Sources, read on 2026-11-30: https://ai.google.dev/api/generate-content, …/gemini-api/docs/thinking,
// …/thought-signatures, …/function-calling, …/structured-output, …/file-input-methods, https://google.aip.dev/193 for
// errors, and the types of @google/genai 3.3.0.

const reasons: Readonly<Record<Exclude<Finish, 'tool-calls'>, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  filter: 'SAFETY',
}

export const geminiSide: Side = {
  name: 'Gemini',
  model: 'gemini-3.5-flash',
  errors: { 400: 'INVALID_ARGUMENT', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 529: 'UNAVAILABLE' },
  toUser: (text, imageUrl) => ({
    role: 'user',
    parts: [{ text }, ...(imageUrl === undefined ? [] : [toMedia(imageUrl)])],
  }),
  toAssistant: (text) => ({ role: 'model', parts: [{ text }] }),
  toResults: (results) => [
    {
      role: 'user',
      parts: results.map(({ id, name, text }) => ({ functionResponse: { id, name, response: { output: text } } })),
    },
  ],
  async ask(url, model, question, isStream) {
    const client = new GoogleGenAI({ apiKey: gatewayToken, httpOptions: { baseUrl: url } })
    const history = question.turns.slice(0, -1) as Content[]
    const message = (question.turns.at(-1) as Content).parts ?? []
    const chat = client.chats.create({ model, history, config: toConfig(question) })
    const chunks = isStream
      ? await collect(await chat.sendMessageStream({ message }))
      : [await chat.sendMessage({ message })]
    const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
    const reasoning = textOf(parts.filter(({ thought }) => thought))
    const signature = parts.find(({ thoughtSignature }) => thoughtSignature)?.thoughtSignature
    const text = textOf(parts.filter(({ thought }) => !thought))
    const calls = chunks.flatMap(({ functionCalls = [] }) => functionCalls)
    const last = chunks.at(-1)
    const counts = last?.usageMetadata
    return {
      reply: {
        ...(reasoning !== '' && { reasoning }),
        ...(signature !== undefined && { signature }),
        ...(text !== '' && { text }),
        ...(calls.length > 0 && { calls: calls.map(toCall) }),
        finish: toFinish(last?.candidates?.[0]?.finishReason, calls.length > 0),
      },
      usage: {
        input: counts?.promptTokenCount ?? 0,
        cached: counts?.cachedContentTokenCount ?? 0,
        output: (counts?.candidatesTokenCount ?? 0) + (counts?.thoughtsTokenCount ?? 0),
      },
      // What the SDK sends with the next message.
      turns: chat.getHistory(true).slice(question.turns.length) as unknown as JsonObject[],
    }
  },
  readFailure(thrown) {
    if (!(thrown instanceof ApiError)) return undefined
    // The SDK puts the response into the message, within a stream after words of its own.
    const { error } = JSON.parse(thrown.message.slice(thrown.message.indexOf('{')))
    const retry = (error.details ?? []).find((detail: JsonObject) => detail['@type'] === retryInfo)
    return {
      status: thrown.status,
      message: error.message,
      type: error.status,
      retryAfter: retry && Number.parseFloat(retry.retryDelay),
    }
  },
  toScript(reply, { isStream, ...options }) {
    const common = {
      usageMetadata: {
        promptTokenCount: usage.input,
        candidatesTokenCount: usage.output,
        totalTokenCount: usage.input + usage.output,
        cachedContentTokenCount: usage.cached,
      },
      modelVersion: 'gemini-3.5-flash',
      responseId: 'resp-1',
    }
    const toResponse = (parts: readonly Part[], more: object = {}) => ({
      candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
      ...common,
    })
    const finishReason = reply.finish === 'tool-calls' ? 'STOP' : reasons[reply.finish]
    if (!isStream) return json(200, toResponse(toParts(reply), { finishReason }))
    const parts = toPartsOfEvents(reply)
    const events = parts.map((part, at) => toResponse([part], at === parts.length - 1 ? { finishReason } : {}))
    return sse(events.map(toContentEvent), { doneAtEnd: false, ...options })
  },
  // Google names the delay in the body, not in a header.
  toError: (status) =>
    json(status, {
      error: {
        code: status,
        message: `Failed with ${status}.`,
        status: 'SOME_STATUS',
        details: [{ '@type': retryInfo, retryDelay: '7s' }],
      },
    }),
  readRequest({ bodyJson, target }) {
    const { systemInstruction, tools, generationConfig, ...body } = bodyJson as {
      contents: readonly Content[]
      systemInstruction?: Content
      tools?: readonly { functionDeclarations: readonly { name: string }[] }[]
      generationConfig?: { responseJsonSchema?: unknown }
    }
    const contents = joinContents(body.contents)
    const parts = contents.flatMap((content) => content.parts)
    return {
      system: textOf(systemInstruction?.parts ?? []),
      texts: contents
        .map(
          ({ role, parts = [] }) =>
            [role === 'model' ? 'assistant' : role, textOf(parts.filter(({ thought }) => !thought))] as const,
        )
        .filter(([, text]) => text !== ''),
      images: parts.flatMap(({ inlineData, fileData }) =>
        inlineData ? [`data:${inlineData.mimeType};base64,${inlineData.data}`] : (fileData?.fileUri ?? []),
      ),
      tools: (tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations.map(({ name }) => name)),
      schema: generationConfig?.responseJsonSchema,
      reasoning: contents.flatMap(({ parts }) => {
        const text = textOf(parts.filter(({ thought }) => thought))
        const signature = parts.find(({ thoughtSignature }) => thoughtSignature)?.thoughtSignature
        return text === '' && signature === undefined ? [] : [{ text, signature }]
      }),
      calls: parts.flatMap(({ functionCall }) => (functionCall ? [toCall(functionCall)] : [])),
      results: parts.flatMap(({ functionResponse }) =>
        functionResponse ? [{ id: String(functionResponse.id), text: String(functionResponse.response?.output) }] : [],
      ),
      isStream: target.includes(':streamGenerateContent'),
    }
  },
}

const retryInfo = 'type.googleapis.com/google.rpc.RetryInfo'

function toConfig({ system, tools, schema }: Question) {
  return {
    maxOutputTokens: 3_000,
    ...(system !== undefined && { systemInstruction: system }),
    ...(tools && {
      tools: [{ functionDeclarations: tools.map((name) => ({ name, parametersJsonSchema: toolSchema })) }],
    }),
    ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
  }
}

/** A signature is on the first call, else on the text. */
function toParts({ reasoning, signature, text, calls = [] }: Reply): readonly Part[] {
  const signed = signature === undefined ? {} : { thoughtSignature: signature }
  return [
    ...(reasoning === undefined ? [] : [{ text: reasoning, thought: true }]),
    ...(text === undefined ? [] : [{ text, ...(calls.length === 0 && signed) }]),
    ...calls.map(({ id, name, input }, at) => ({ functionCall: { id, name, args: input }, ...(at === 0 && signed) })),
  ]
}

/** A call comes in one event. The last event has an empty text, with the signature of a text. */
function toPartsOfEvents(reply: Reply): readonly Part[] {
  const pieces = toParts(reply).flatMap((part) => {
    const { thoughtSignature: _later, text, ...others } = part
    return text === undefined ? [part] : toPieces(text).map((piece) => ({ ...others, text: piece }))
  })
  const isOfText = reply.signature !== undefined && reply.calls === undefined
  return [...pieces, { text: '', ...(isOfText && { thoughtSignature: reply.signature }) }]
}

/** The SDK's chats send each event of a streamed reply back as a content of its own. */
function joinContents(contents: readonly Content[]) {
  const joined: { readonly role: string; readonly parts: Part[] }[] = []
  for (const { role = 'user', parts = [] } of contents) {
    const last = joined.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else joined.push({ role, parts: [...parts] })
  }
  return joined
}

function toCall({ id, name, args }: FunctionCall): Call {
  return { id: String(id), name: String(name), input: args ?? {} }
}

function toFinish(reason: string | undefined, hasCalls: boolean): Finish {
  const found = Object.entries(reasons).find(([, name]) => name === reason)
  if (found === undefined) throw new Error(`no finish reason: ${reason}`)
  return hasCalls ? 'tool-calls' : (found[0] as Finish)
}

function textOf(parts: readonly Part[]): string {
  return parts.map(({ text = '' }) => text).join('')
}

function toMedia(url: string): Part {
  const [, mimeType = 'image/png', data] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? []
  return data === undefined ? { fileData: { fileUri: url, mimeType } } : { inlineData: { mimeType, data } }
}

async function collect(stream: AsyncIterable<GenerateContentResponse>): Promise<readonly GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}
