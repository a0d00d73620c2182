import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { batchEmbedContents, embedContent } from '../../src/dialects/embed-content.ts'
import { contentTokenCounts, generateContent } from '../../src/dialects/generate-content.ts'
import { createStreamReader } from '../../src/dialects/stream-reader.ts'
import { withoutSystemParameters } from '../../src/dialects/system-parameters.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import {
  blocked,
  callStream,
  content,
  contentRequest,
  contentStream,
  contentUsage,
  functionCall,
  toContentEvent,
  toPartEvent,
  unavailable,
} from '../support/gemini-fixtures.ts'

const path = { model: 'gemini-3.5-flash', isStream: true }

function read(events: readonly string[], choices = 1) {
  const reader = createStreamReader(generateContent.events, false, undefined, choices)
  const passed: string[] = []
  const splitter = createEventSplitter((event) => reader.see(event))
  for (const run of splitter.push(new TextEncoder().encode(events.join('')))) passed.push(new TextDecoder().decode(run))
  return { ...reader.summarise(), passed: passed.join('') }
}

const parse = (events: readonly string[]) => events.map((event): JsonObject => JSON.parse(event.slice('data: '.length)))

const configured = (generationConfig: object) => ({ ...contentRequest, generationConfig })

describe('a request', () => {
  test.each([
    ['contents', {}, 'missing_required_parameter'],
    ['contents', { contents: 'Hello' }, 'invalid_value'],
    ['generationConfig', { ...contentRequest, generationConfig: [1] }, 'invalid_value'],
    ['Contents', { ...contentRequest, Contents: [] }, 'invalid_value'],
    ['generationconfig', { ...contentRequest, generationconfig: {} }, 'invalid_value'],
    ['Generation_Config', { ...contentRequest, Generation_Config: {} }, 'invalid_value'],
    ['generationConfig.maxoutputtokens', configured({ maxoutputtokens: 9 }), 'invalid_value'],
    ['generationConfig.MaxOutputTokens', configured({ MaxOutputTokens: 9 }), 'invalid_value'],
    ['generationConfig.candidatecount', configured({ candidatecount: 9 }), 'invalid_value'],
    ['toolſ', { ...contentRequest, toolſ: [] }, 'invalid_value'],
    ['tools[0].GoogleSearch', { ...contentRequest, tools: [{ GoogleSearch: {} }] }, 'invalid_value'],
    ['generation_config', { ...configured({}), generation_config: {} }, 'invalid_value'],
    ['generationConfig.max_output_tokens', configured({ maxOutputTokens: 1, max_output_tokens: 9 }), 'invalid_value'],
    [
      'generationConfig.thinkingConfig.thinking_budget',
      configured({ thinkingConfig: { thinkingBudget: 1, thinking_budget: 9 } }),
      'invalid_value',
    ],
    [
      'tools[1].google_search',
      { ...contentRequest, tools: [{}, { googleSearch: {}, google_search: {} }] },
      'invalid_value',
    ],
    ['model', { ...contentRequest, model: 'models/gemini-4-argon' }, 'invalid_value'],
  ])('is refused for its %s: S86', (param, body, code) => {
    expect(() => generateContent.readRequest(body, path)).toThrow(expect.objectContaining({ param, code }))
  })

  test.each([
    ['generationConfig.maxOutputTokens', configured({ maxOutputTokens: '100' })],
    ['generationConfig.maxOutputTokens', { ...contentRequest, generation_config: { max_output_tokens: 1.5 } }],
    ['generationConfig.candidateCount', configured({ candidateCount: -1 })],
  ])('is refused for a %s that is no count', (param, body) => {
    expect(() => generateContent.boundRequest(body)).toThrow(expect.objectContaining({ param }))
  })

  test('has its model and its stream in the path, and always expects usage', () => {
    const body = { contents: { parts: { text: 'Hi' } }, model: 'models/gemini-3.5-flash', newField: {} }
    expect(generateContent.readRequest(body, path)).toEqual({ ...path, wantsUsage: true })
    expect(generateContent.readRequest(contentRequest, { ...path, isStream: false })).toMatchObject({ isStream: false })
    expect(generateContent.otherModels(body)).toEqual([])
  })

  test('a renamed model changes only the bodies that name one', () => {
    expect(generateContent.toModelFields('m', contentRequest)).toEqual({})
    expect(embedContent.toModelFields('m', { model: 'models/a', content: {} })).toEqual({ model: 'models/m' })
    const requests = [{ model: 'models/a', content: { parts: [] } }, { content: {} }]
    expect(batchEmbedContents.toModelFields('m', { requests })).toEqual({
      requests: [{ ...requests[0], model: 'models/m' }, requests[1]],
    })
    const inner = { model: 'models/a', contents: [] }
    expect(contentTokenCounts.toModelFields('m', { generate_content_request: inner })).toEqual({
      generate_content_request: { ...inner, model: 'models/m' },
    })
  })

  test.each([
    [contentTokenCounts, { generateContentRequest: { model: 'models/other' } }, 'generateContentRequest.model'],
    [embedContent, { content: {}, model: 'models/other' }, 'model'],
    [batchEmbedContents, { requests: [{ model: 'models/gemini-3.5-flash' }, { model: 'x' }] }, 'requests[1].model'],
  ] satisfies readonly (readonly [Dialect, JsonObject, string])[])(
    'S89 is refused if its body names another model than its path (%#)',
    (dialect, body, param) => {
      expect(() => dialect.readRequest(body, path)).toThrow(expect.objectContaining({ param, code: 'invalid_value' }))
    },
  )

  test.each([
    [
      'camelCase',
      {
        generationConfig: { maxOutputTokens: 77, candidateCount: 3 },
        serviceTier: 'priority',
        tools: [{ googleSearch: {} }],
      },
    ],
    [
      'snake_case',
      {
        generation_config: { max_output_tokens: 77, candidate_count: 3 },
        service_tier: 'PRIORITY',
        tools: { google_search: {} },
      },
    ],
  ])('is bounded by its limit, its candidates, its tier and its searches in %s', (_spelling, fields) => {
    const body = { ...contentRequest, ...fields }
    expect(generateContent.boundRequest(body)).toMatchObject({
      maxOutputTokens: 77,
      choices: 3,
      serviceTier: 'fast',
      webSearches: 10,
    })
    expect(generateContent.countChoices?.(body)).toBe(3)
  })

  test('counts contents, instructions, tools, pictures, sound, film and files by what they are', () => {
    const inputOf = (body: object) => generateContent.boundRequest({ ...contentRequest, ...body }).inputTokens
    const plain = inputOf({})
    expect(plain).toBeLessThan(30)
    expect(inputOf({ systemInstruction: { parts: [{ text: 'a'.repeat(3_500) }] } })).toBeGreaterThan(plain + 999)
    expect(inputOf({ tools: [{ functionDeclarations: [{ name: 'a'.repeat(3_500) }] }] })).toBeGreaterThan(plain + 999)
    expect(inputOf({ unknownField: 'a'.repeat(3_500) })).toBeGreaterThan(plain + 999)
    const ask = (...parts: readonly object[]) => inputOf({ contents: [{ parts }] })
    const data = 'QUJD'.repeat(50_000)
    expect(ask({ inlineData: { mimeType: 'image/png', data } })).toBeLessThan(2_300)
    expect(ask({ inline_data: { mime_type: 'image/png', data } })).toBeGreaterThanOrEqual(2_240)
    expect(ask({ inlineData: { mimeType: 'audio/mp3', data } })).toBeGreaterThanOrEqual(2_500)
    expect(ask({ inlineData: { mimeType: 'video/mp4', data } })).toBeGreaterThanOrEqual(3_750)
    expect(ask({ inlineData: { mimeType: 'application/pdf', data } })).toBeGreaterThanOrEqual(7_500)
    expect(ask({ fileData: { fileUri: 'https://youtu.be/x' } })).toBeGreaterThanOrEqual(180_000)
    expect(ask({ file_data: { file_uri: 'files/x', mime_type: 'image/png' } })).toBeLessThan(2_300)
    const result = { name: 'f', response: {}, parts: [{ inlineData: { mimeType: 'image/png', data } }] }
    expect(ask({ functionResponse: result })).toBeLessThan(2_400)
  })
})

describe('the output limit (case C4)', () => {
  const { outputLimit } = generateContent
  const names = ['generationConfig.maxOutputTokens']

  test('is lowered in the spelling of the request, and never raised', () => {
    expect(outputLimit?.read(configured({ maxOutputTokens: 9 }), names)).toBe(9)
    expect(outputLimit?.toMembers(contentRequest, names, 5)).toEqual({ generationConfig: { maxOutputTokens: 5 } })
    expect(outputLimit?.toMembers(configured({ topK: 3, maxOutputTokens: 9 }), names, 5)).toEqual({
      generationConfig: { topK: 3, maxOutputTokens: 5 },
    })
    expect(outputLimit?.toMembers(configured({ maxOutputTokens: 4 }), names, 5)).toEqual({})
    expect(outputLimit?.toMembers({ generation_config: { max_output_tokens: 9 } }, names, 5)).toEqual({
      generation_config: { max_output_tokens: 5 },
    })
  })

  test.each([
    [{}, undefined],
    [{ generationConfig: { responseMimeType: 'text/plain' } }, undefined],
    [{ generationConfig: { responseMimeType: 'application/json' } }, 'generationConfig.responseMimeType'],
    [{ generationConfig: { responseSchema: {} } }, 'generationConfig.responseSchema'],
    [{ generation_config: { response_json_schema: {} } }, 'generationConfig.responseJsonSchema'],
    [{ toolConfig: { functionCallingConfig: { mode: 'AUTO' } } }, undefined],
    [{ toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 'toolConfig.functionCallingConfig'],
    [{ tool_config: { function_calling_config: { mode: 2 } } }, 'toolConfig.functionCallingConfig'],
  ])('a response to %j must not be truncated because of %s', (body, member) => {
    expect(outputLimit?.needsCompleteFor(body)).toBe(member)
  })

  test.each([
    [{ generationConfig: { thinkingConfig: { thinkingBudget: 4_000 } } }, 4_000],
    [{ generation_config: { thinking_config: { thinking_budget: 4_000 } } }, 4_000],
    [{ generationConfig: { thinkingConfig: { thinkingBudget: -1 } } }, 0],
    [{ generationConfig: { thinkingConfig: { thinkingLevel: 'high' } } }, 0],
    [{}, 0],
  ])('%j reserves %i tokens for thinking', (body, tokens) => {
    expect(outputLimit?.reasoningOf(body)).toBe(tokens)
  })
})

describe('a whole response', () => {
  test('reports its usage: tools are input, thoughts are output, and cached sound is cached', () => {
    expect(generateContent.readResponse(content)).toEqual({
      usage: {
        inputTokens: 1_300,
        outputTokens: 120,
        cachedInputTokens: 300,
        audioInputTokens: 150,
        reasoningTokens: 40,
      },
      finishReason: 'STOP',
      isError: false,
      hasResult: true,
      outputText: '',
    })
  })

  test('reports pictures and sound of its output, and the tier that served it', () => {
    const usageMetadata = {
      promptTokenCount: 10,
      candidatesTokenCount: 1_400,
      candidatesTokensDetails: [
        { modality: 'IMAGE', tokenCount: 1_290 },
        { modality: 'AUDIO', tokenCount: 50 },
      ],
      promptTokensDetails: [{ modality: 'IMAGE', tokenCount: 4 }],
      serviceTier: 'flex',
    }
    expect(generateContent.readResponse({ ...content, usageMetadata }).usage).toEqual({
      inputTokens: 10,
      outputTokens: 1_400,
      imageInputTokens: 4,
      imageOutputTokens: 1_290,
      audioOutputTokens: 50,
      serviceTier: 'flex',
    })
  })

  test.each([
    ['gemini-3.5-flash', ['a', 'b', 'b', ''], 2],
    ['gemini-2.5-flash', ['a', 'b'], 1],
    ['gemini-2.5-flash', [''], undefined],
    ['gemini-3.5-flash', undefined, undefined],
  ])('%s with the queries %j pays for %s searches', (modelVersion, webSearchQueries, webSearches) => {
    const candidates = [{ ...content.candidates[0], groundingMetadata: { webSearchQueries } }]
    expect(generateContent.readResponse({ ...content, modelVersion, candidates }).usage?.webSearches).toBe(webSearches)
  })

  test('grounded with Google Maps counts as a search', () => {
    const groundingMetadata = { groundingChunks: [{ maps: { uri: 'https://maps.test' } }] }
    const candidates = [{ ...content.candidates[0], groundingMetadata }]
    expect(generateContent.readResponse({ ...content, candidates }).usage).toMatchObject({ webSearches: 1 })
  })

  test.each(['STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'MALFORMED_FUNCTION_CALL'])(
    'keeps the finish reason %s',
    (finishReason) => {
      const candidates = [{ finishReason, index: 0 }]
      expect(generateContent.readResponse({ ...content, candidates }).finishReason).toBe(finishReason)
    },
  )

  test('one truncated candidate truncates it; a blocked prompt is a result', () => {
    const candidates = [{ finishReason: 'STOP' }, { finishReason: 'MAX_TOKENS', index: 1 }]
    expect(generateContent.readResponse({ ...content, candidates }).finishReason).toBe('MAX_TOKENS')
    expect(generateContent.readResponse(blocked)).toMatchObject({
      finishReason: 'PROHIBITED_CONTENT',
      hasResult: true,
      isError: false,
      usage: { inputTokens: 7, outputTokens: 0 },
    })
  })

  test('without a count has the text of its parts; without candidates it is an error or no result', () => {
    const { usageMetadata: _usage, ...uncounted } = content
    expect(generateContent.readResponse(uncounted)).toMatchObject({ usage: undefined, outputText: 'Hi! I am Gemini.' })
    const parts = [{ text: 'Hm. ', thought: true }, functionCall, { executableCode: { code: 'print(1)' } }]
    const { outputText } = generateContent.readResponse({ candidates: [{ content: { parts } }] })
    expect(outputText).toBe('Hm. get_weather{"location":"San Francisco, CA"}print(1)')
    expect(generateContent.readResponse(unavailable)).toMatchObject({ isError: true, hasResult: false })
    expect(generateContent.readResponse({ ok: true })).toMatchObject({ isError: false, hasResult: false })
  })
})

describe('a stream', () => {
  test('is complete by its finish reason, and its last counts are its usage', () => {
    expect(read(contentStream)).toMatchObject({
      isComplete: true,
      finishReason: 'STOP',
      usage: { inputTokens: 1_300, outputTokens: 120, reasoningTokens: 40 },
      passed: contentStream.join(''),
    })
    expect(read(callStream)).toMatchObject({ isComplete: true, usage: { inputTokens: 8, outputTokens: 12 } })
  })

  test('that ends without a finish reason is incomplete, and keeps the counts so far', () => {
    expect(read(contentStream.slice(0, 2))).toMatchObject({
      isComplete: false,
      usage: { inputTokens: 8, outputTokens: 2 },
    })
  })

  test('of a blocked prompt is complete', () => {
    expect(read([toContentEvent(blocked)])).toMatchObject({ isComplete: true, finishReason: 'PROHIBITED_CONTENT' })
  })

  test('of several candidates is complete when each has finished', () => {
    const second = { finishReason: 'MAX_TOKENS', index: 1 }
    const first = toPartEvent({ text: 'a' }, 1, { finishReason: 'STOP' })
    expect(read([first, toPartEvent({ text: 'b' })], 2)).toMatchObject({ isComplete: false })
    expect(read([first, toPartEvent({ text: 'b' }, 2, second)], 2)).toMatchObject({
      isComplete: true,
      finishReason: 'MAX_TOKENS',
    })
  })

  test('estimates its output without usage', () => {
    const uncounted = parse(contentStream).map(({ usageMetadata: _usage, ...event }) => toContentEvent(event))
    expect(read(uncounted)).toMatchObject({ usage: undefined, producedTokens: expect.any(Number) })
    expect(read(uncounted).producedTokens).toBeGreaterThan(0)
  })

  test('reports an error of the provider within it', () => {
    const { failure, isEmpty } = read([...contentStream.slice(0, 1), toContentEvent(unavailable)])
    expect([failure, isEmpty]).toEqual([unavailable, false])
  })

  test('joins to the whole response, and a response converts to its events (case A4)', () => {
    expect(generateContent.fromEvents?.(parse(contentStream))).toEqual({
      ...content,
      candidates: [{ content: { parts: [{ text: 'Hello!' }], role: 'model' }, index: 0, finishReason: 'STOP' }],
    })
    expect(generateContent.fromEvents?.(parse(callStream))).toMatchObject({
      candidates: [{ content: { parts: [{ text: 'The user wants the weather.', thought: true }, functionCall] } }],
    })
    expect(generateContent.fromEvents?.(parse(contentStream.slice(0, 2)))).toBeUndefined()
    expect(generateContent.fromEvents?.([blocked])).toEqual(blocked)
    const events = generateContent.toEvents?.(content) ?? ''
    expect(generateContent.fromEvents?.(parse([events]))).toEqual(content)
    expect(generateContent.toEvents?.({ ok: true })).toBeUndefined()
  })
})

describe('an error', () => {
  test.each([
    ['invalid_value', 400, 'INVALID_ARGUMENT'],
    ['invalid_api_key', 401, 'UNAUTHENTICATED'],
    ['model_not_allowed', 403, 'PERMISSION_DENIED'],
    ['model_not_found', 404, 'NOT_FOUND'],
    ['body_too_large', 413, 'INVALID_ARGUMENT'],
    ['insufficient_quota', 429, 'RESOURCE_EXHAUSTED'],
    ['internal', 500, 'INTERNAL'],
    ['overloaded', 503, 'UNAVAILABLE'],
  ] as const)('%s has Google’s shape and status', (reason, code, status) => {
    const error = new GatewayError(reason, 'A sentence.', { param: 'a.b' })
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: reason.toUpperCase(), domain: 'weir' },
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'a.b', description: 'A sentence.' }],
      },
    ]
    const body = { error: { code, message: 'A sentence.', status, details } }
    expect(generateContent.toErrorBody(error)).toEqual(body)
    expect(generateContent.events.toErrorEvent(error)).toBe(`data: ${JSON.stringify(body)}\n\n`)
  })
})

describe('other operations', () => {
  test('a count of tokens uses none', () => {
    expect(contentTokenCounts.readRequest(contentRequest, path)).toMatchObject({ model: path.model })
    expect(() => contentTokenCounts.readRequest({}, path)).toThrow(expect.objectContaining({ param: 'contents' }))
    expect(contentTokenCounts.boundRequest(contentRequest)).toMatchObject({ inputTokens: 0, maxOutputTokens: 0 })
    expect(contentTokenCounts.readResponse({ totalTokens: 14 })).toMatchObject({
      hasResult: true,
      usage: { inputTokens: 0, outputTokens: 0 },
    })
    expect(contentTokenCounts.readResponse(unavailable)).toMatchObject({ isError: true, hasResult: false })
  })

  test('embeddings have input only, counted or estimated', () => {
    const part = { parts: [{ text: 'a'.repeat(3_500) }] }
    expect(embedContent.boundRequest({ content: part })).toMatchObject({ maxOutputTokens: 0, choices: 1 })
    expect(embedContent.boundRequest({ content: part }).inputTokens).toBeGreaterThanOrEqual(1_000)
    const requests = [{ content: part }, { content: part }]
    expect(batchEmbedContents.boundRequest({ requests }).inputTokens).toBeGreaterThanOrEqual(2_000)
    const embedding = { values: [0.1, 0.2] }
    expect(embedContent.readResponse({ embedding })).toMatchObject({ hasResult: true, usage: undefined })
    const counted = { embeddings: [embedding], usageMetadata: { promptTokenCount: 9 } }
    expect(batchEmbedContents.readResponse(counted)).toMatchObject({ hasResult: true, usage: { inputTokens: 9 } })
    expect(embedContent.readResponse({})).toMatchObject({ hasResult: false })
  })
})

test.each([
  ['', ''],
  ['?alt=sse&key=x', ''],
  ['?a=1&$alt=json&fields=candidates', '?a=1'],
  ['?$httpHeaders=authorization:x&userProject=p&%24req=e30&Fields=x', ''],
])('the query %j reaches Google as %j', (query, kept) => {
  expect(withoutSystemParameters(query)).toBe(kept)
})

test('the usage of the fixtures adds up', () => {
  const { promptTokenCount, candidatesTokenCount, toolUsePromptTokenCount, thoughtsTokenCount } = contentUsage
  const sum = promptTokenCount + candidatesTokenCount + toolUsePromptTokenCount + thoughtsTokenCount
  expect(contentUsage.totalTokenCount).toBe(sum)
})
