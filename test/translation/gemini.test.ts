import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { messages } from '../../src/dialects/messages.ts'
import { DroppedFields } from '../../src/translation/fields.ts'
import { geminiTranslator } from '../../src/translation/gemini/gemini-translator.ts'
import type { ReplyEvent } from '../../src/translation/reply.ts'
import { ReplyTranslation, translateRequest } from '../../src/translation/translate.ts'
import { blocked, functionCall } from '../support/gemini-fixtures.ts'

// Sources, read on 2026-11-30: https://ai.google.dev/api/generate-content, …/gemini-api/docs/function-calling,
// …/thinking, …/thought-signatures, …/structured-output, …/file-input-methods.

const target = { model: 'gemini-3.5-flash', limitField: undefined, maxOutputTokens: undefined }
const user = { role: 'user', parts: [{ text: 'x' }] }
const signature = functionCall.thoughtSignature

const translate = (body: JsonObject, from: Dialect, to: Dialect, model: string, isStream = false) =>
  translateRequest(body, from, to, { isStream }, { ...target, model })

/** Returns a request of Gemini's as a chat, and the fields that it lost. */
const toChat = (body: JsonObject, model = 'gpt-4.1') =>
  translate({ contents: [user], ...body }, generateContent, chatCompletions, model)

/** Returns a chat as a request of Gemini's, and the fields that it lost. */
const fromChat = (body: JsonObject, model = target.model) =>
  translate({ messages: [{ role: 'user', content: 'x' }], ...body }, chatCompletions, generateContent, model)

const fromMessages = (content: readonly object[], model = target.model) =>
  translate({ messages: content, max_tokens: 9 }, messages, generateContent, model)

const read = (body: JsonObject) =>
  geminiTranslator.readPrompt({ contents: [user], ...body }, new DroppedFields(), { isStream: false })

const toTurns = (contents: readonly object[]) => read({ contents }).turns

describe('A request of Gemini’s', () => {
  test('becomes a chat, in either spelling and as a stream if its path says it', () => {
    const { body, dropped } = translate(
      {
        contents: { role: 'user', parts: { text: 'Hi' } },
        system_instruction: { parts: [{ text: 'Be brief.' }] },
        generation_config: {
          max_output_tokens: 9,
          temperature: 0.5,
          stop_sequences: ['.'],
          seed: 1,
          response_logprobs: true,
          logprobs: 2,
          thinking_config: { thinking_budget: -1 },
        },
        tools: [
          {
            function_declarations: [
              {
                name: 'find',
                description: 'Finds.',
                parameters: {
                  type: 'OBJECT',
                  properties: {
                    q: { type: 'STRING', nullable: true, min_length: '2' },
                    kinds: { type: 'ARRAY', items: { type: 'STRING', format: 'enum', enum: ['a'] } },
                    at_place: { any_of: [{ type: 'NUMBER' }, { type: 'TYPE_UNSPECIFIED' }] },
                  },
                  required: ['q'],
                  property_ordering: ['kinds', 'q'],
                },
              },
            ],
            google_search: {},
          },
        ],
        tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['find'] } },
        safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT' }],
        service_tier: 'standard',
      },
      generateContent,
      chatCompletions,
      'gpt-4.1',
      true,
    )
    expect(body).toEqual({
      model: 'gpt-4.1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 9,
      temperature: 0.5,
      stop: ['.'],
      seed: 1,
      logprobs: true,
      top_logprobs: 2,
      tools: [
        {
          type: 'function',
          function: {
            name: 'find',
            description: 'Finds.',
            parameters: {
              type: 'object',
              properties: {
                kinds: { type: 'array', items: { type: 'string', enum: ['a'] } },
                q: { type: ['string', 'null'], minLength: 2 },
                at_place: { anyOf: [{ type: 'number' }, {}] },
              },
              required: ['q'],
            },
          },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'find' } },
      service_tier: 'default',
      stream: true,
    })
    const names = (body.tools as { function: { parameters: { properties: object } } }[]).map(
      ({ function: { parameters } }) => Object.keys(parameters.properties),
    )
    expect(names).toEqual([['kinds', 'q', 'at_place']])
    expect(dropped).toEqual(['tools[].googleSearch', 'safetySettings'])
  })

  test('has the same ids in its calls and their results, with and without ids of its own', () => {
    const turns = toTurns([
      user,
      { role: 'model', parts: [{ functionCall: { name: 'a' } }, { functionCall: { name: 'a', args: { n: 2 } } }] },
      {
        role: 'function',
        parts: [
          { functionResponse: { name: 'a', response: { output: 'one' } } },
          { functionResponse: { name: 'a', id: 'unknown', response: { error: 'two' } } },
        ],
      },
      { role: 'model', parts: [{ functionCall: { name: 'b', id: 'own' } }] },
      { parts: [{ functionResponse: { name: 'b', id: 'own', response: { result: 3 } } }] },
    ])
    const found = turns.flatMap(({ parts }) =>
      parts.map((part) =>
        part.kind === 'tool-call' || part.kind === 'tool-result'
          ? [part.id, part.kind === 'tool-call' ? part.input : part.parts.map((each) => 'text' in each && each.text)]
          : part.kind,
      ),
    )
    expect(found).toEqual([
      'text',
      ['call_1_a', '{}'],
      ['call_2_a', '{"n":2}'],
      ['call_1_a', ['one']],
      ['call_2_a', ['two']],
      ['own', '{}'],
      ['own', ['{"result":3}']],
    ])
    expect(turns[2]?.parts).toMatchObject([{ isError: false }, { isError: true }])
  })

  test('has pictures, documents and sounds by their type', () => {
    const [turn] = toTurns([
      {
        parts: [
          { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
          { inline_data: { mime_type: 'application/pdf', data: 'aGk=', display_name: 'a.pdf' } },
          { inlineData: { mimeType: 'audio/mpeg', data: 'aGk=' } },
          { fileData: { fileUri: 'https://example.com/a.jpg?x=1' } },
          { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a', mimeType: 'image/png' } },
        ],
      },
    ])
    expect(turn?.parts).toMatchObject([
      { kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' } },
      { kind: 'file', source: { mediaType: 'application/pdf' }, name: { value: 'a.pdf' } },
      { kind: 'audio', format: 'mp3' },
      { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.jpg?x=1' } },
      { kind: 'image', source: { kind: 'file-id' } },
    ])
  })

  test.each([
    ['cachedContent', { cachedContent: 'cachedContents/1' }],
    ['generationConfig.candidateCount', { generationConfig: { candidateCount: 2 } }],
    ['generationConfig.responseModalities', { generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }],
    ['generationConfig.responseMimeType', { generationConfig: { responseMimeType: 'text/x.enum' } }],
    ['generationConfig.responseFormat', { generationConfig: { responseFormat: [{ text: {} }] } }],
    ['toolConfig.functionCallingConfig.mode', { toolConfig: { functionCallingConfig: { mode: 'SOME' } } }],
    ['contents[0].role', { contents: [{ role: 'system', parts: [] }] }],
    [
      'contents[0].parts[0].fileData',
      { contents: [{ parts: [{ fileData: { fileUri: 'https://youtu.be/x', mimeType: 'video/mp4' } }] }] },
    ],
    ['contents[0].parts[0]', { contents: [{ parts: [{ fileData: { fileUri: 'files/1', mimeType: 'image/png' } }] }] }],
    [
      'contents[0].parts[0].inlineData.mimeType',
      { contents: [{ parts: [{ inlineData: { mimeType: 'audio/flac', data: 'aGk=' } }] }] },
    ],
  ])('is refused for its %s', (param, body) => {
    expect(() => toChat(body)).toThrow(expect.objectContaining({ code: 'field_not_translatable', param }))
  })

  test('names what it loses', () => {
    const { dropped } = toChat({
      contents: [{ role: 'model', parts: [{ executableCode: { code: '1' } }, { text: 'x', videoMetadata: {} }] }],
      labels: { team: 'a' },
      generationConfig: { speechConfig: {}, topK: 3, mediaResolution: 'MEDIA_RESOLUTION_LOW' },
      toolConfig: { retrievalConfig: {}, functionCallingConfig: { mode: 'VALIDATED' } },
      tools: [{ codeExecution: {} }, { functionDeclarations: [{ name: 'a', response: {} }] }],
    })
    expect([...dropped].sort()).toEqual([
      'contents[].parts[].executableCode',
      'contents[].parts[].videoMetadata',
      'generationConfig.mediaResolution',
      'generationConfig.speechConfig',
      'generationConfig.topK',
      'labels',
      'toolConfig.functionCallingConfig.mode',
      'toolConfig.retrievalConfig',
      'tools[].codeExecution',
      'tools[].functionDeclarations[].response',
    ])
  })

  test.each([
    [{ responseMimeType: 'application/json' }, { type: 'json_object' }],
    [
      { responseMimeType: 'application/json', responseSchema: { type: 'OBJECT' } },
      { type: 'json_schema', json_schema: { name: 'response', schema: { type: 'object' } } },
    ],
    [
      { responseMimeType: 'application/json', _responseJsonSchema: { type: 'object', $defs: {} } },
      { type: 'json_schema', json_schema: { name: 'response', schema: { type: 'object', $defs: {} } } },
    ],
    [{ responseMimeType: 'text/plain' }, undefined],
  ])('asks for JSON with %j', (generationConfig, format) => {
    expect(toChat({ generationConfig }).body.response_format).toEqual(format)
  })

  test.each([
    [
      { thinkingLevel: 'HIGH', includeThoughts: true },
      { effort: 'high', showsReasoning: true },
    ],
    [{ thinkingBudget: 0 }, { reasoningBudget: 0 }],
    [{ thinkingBudget: -1 }, {}],
  ])('thinks with %j', (thinkingConfig, expected) => {
    const { effort, reasoningBudget, showsReasoning } = read({ generationConfig: { thinkingConfig } }).settings
    const found = {
      effort: effort?.value,
      reasoningBudget: reasoningBudget?.value,
      showsReasoning: showsReasoning?.value,
    }
    expect(JSON.parse(JSON.stringify(found))).toEqual(expected)
  })
})

describe('A request for Gemini', () => {
  test('is written with every setting that Gemini has', () => {
    const { body, dropped } = fromChat({
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
            { type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } },
          ],
        },
      ],
      max_completion_tokens: 9,
      top_p: 0.5,
      stop: '.',
      logprobs: true,
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
      tools: [{ type: 'function', function: { name: 'find', parameters: { type: 'object' } } }],
      tool_choice: 'required',
      service_tier: 'flex',
      user: 'u',
      metadata: { a: 'b' },
    })
    expect(body).toEqual({
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'Look' },
            { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
            { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a.jpg' } },
            { inlineData: { mimeType: 'audio/wav', data: 'aGk=' } },
          ],
        },
      ],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      tools: [{ functionDeclarations: [{ name: 'find', parametersJsonSchema: { type: 'object' } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
      generationConfig: {
        maxOutputTokens: 9,
        topP: 0.5,
        stopSequences: ['.'],
        responseLogprobs: true,
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
      },
      serviceTier: 'flex',
    })
    expect(dropped).toEqual(['messages[].content[].image_url.detail', 'user', 'metadata'])
  })

  test.each([
    ['gemini-2.0-flash', { presencePenalty: 0.5, frequencyPenalty: 1 }, []],
    ['gemini-2.5-flash-lite', undefined, ['presence_penalty', 'frequency_penalty']],
    ['gemini-3.8-flash', undefined, ['presence_penalty', 'frequency_penalty']],
    ['gemini-flash-latest', undefined, ['presence_penalty', 'frequency_penalty']],
  ])('has the penalties that %s accepts', (model, config, lost) => {
    const { body, dropped } = fromChat({ presence_penalty: 0.5, frequency_penalty: 1 }, model)
    expect(body.generationConfig).toEqual(config)
    expect(dropped).toEqual(lost)
  })

  test.each([
    [undefined, { mode: 'VALIDATED' }],
    ['auto', { mode: 'VALIDATED' }],
    ['required', { mode: 'ANY' }],
    ['none', { mode: 'NONE' }],
    [
      { type: 'function', function: { name: 'find' } },
      { mode: 'ANY', allowedFunctionNames: ['find'] },
    ],
  ])('has valid calls of a strict function with the choice %j', (tool_choice, functionCallingConfig) => {
    const find = { name: 'find', parameters: { type: 'object' }, strict: true }
    const { body, dropped } = fromChat({ tools: [{ type: 'function', function: find }], tool_choice })
    expect(body.toolConfig).toEqual({ functionCallingConfig })
    expect(dropped).toEqual([])
  })

  test.each([
    ['gemini-3.5-flash', 'high', { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    ['gemini-3.5-flash', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }, []],
    ['gemini-3.1-pro-preview', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }, []],
    ['gemini-4-argon', 'none', { thinkingLevel: 'LOW' }, ['reasoning_effort']],
    ['gemini-3.6-flash', 'none', { thinkingLevel: 'MINIMAL' }, ['reasoning_effort']],
    ['gemini-3.8-flash', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }, []],
    ['gemini-3.5-flash-lite', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }, []],
    ['gemini-flash-lite-latest', 'none', { thinkingLevel: 'MINIMAL' }, ['reasoning_effort']],
    ['gemini-flash-latest', 'none', { thinkingLevel: 'LOW' }, ['reasoning_effort']],
    ['gemini-flash-latest', 'xhigh', { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    ['gemini-4-hydrogen', 'xhigh', { thinkingLevel: 'XHIGH', includeThoughts: true }, []],
    ['gemini-4-hydrogen', 'high', { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    ['gemini-3-pro-image', 'low', undefined, ['reasoning_effort']],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }, []],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }, ['reasoning_effort']],
    ['gemini-2.5-pro', 'max', { thinkingBudget: 32_768, includeThoughts: true }, []],
    ['gemini-2.0-flash', 'low', undefined, ['reasoning_effort']],
  ])('makes %s think with the effort %s', (model, effort, thinkingConfig, lost) => {
    const { body, dropped } = fromChat({ reasoning_effort: effort }, model)
    expect(body.generationConfig).toEqual(thinkingConfig && { thinkingConfig })
    expect(dropped).toEqual(lost)
  })

  const call = { type: 'tool_use', id: 'c1', name: 'look', input: { at: 'here' } }
  const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }
  const linked = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
  const result = { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'seen' }, picture, linked] }
  const toTalk = (...content: readonly object[]) => [
    { role: 'user', content: 'x' },
    { role: 'assistant', content },
    { role: 'user', content: [{ type: 'text', text: 'go on' }, result] },
  ]

  test.each([
    ['gemini-3.5-flash', [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }], []],
    ['gemini-2.5-flash', undefined, [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }]],
  ])('has the result of a function under its name, with pictures where %s sees them', (model, within, beside) => {
    const { body } = fromMessages(toTalk(call), model)
    expect((body.contents as readonly unknown[]).at(-1)).toEqual({
      role: 'user',
      parts: [
        {
          functionResponse: {
            id: 'c1',
            name: 'look',
            response: { output: 'seen' },
            ...(within && { parts: within }),
          },
        },
        { text: 'go on' },
        ...beside,
        { fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' } },
      ],
    })
  })

  test('is refused for the result of a call that it does not have', () => {
    expect(() => fromMessages([{ role: 'user', content: [result] }])).toThrow(
      expect.objectContaining({ code: 'field_not_translatable', param: 'messages[0].content[0]' }),
    )
  })

  const thinking = (value: string) => ({ type: 'thinking', thinking: 'Hm.', signature: value })
  const written = { functionCall: { id: 'c1', name: 'look', args: { at: 'here' } } }

  test.each([
    [
      'returns a signature on the call that it came with',
      [thinking(`weir:gemini::${signature}`), { type: 'text', text: 'Ok' }, call],
      target.model,
      [{ text: 'Hm.', thought: true }, { text: 'Ok' }, { ...written, thoughtSignature: signature }],
    ],
    [
      'returns a signature on its text if there is no call',
      [thinking(`weir:gemini::${signature}`), { type: 'text', text: 'Ok' }],
      target.model,
      [
        { text: 'Hm.', thought: true },
        { text: 'Ok', thoughtSignature: signature },
      ],
    ],
    [
      'returns a last signature on a part of its own',
      [
        { type: 'text', text: 'Ok' },
        { ...thinking(`weir:gemini::${signature}`), thinking: '' },
      ],
      target.model,
      [{ text: 'Ok' }, { text: '', thoughtSignature: signature }],
    ],
    [
      'leaves out another provider’s reasoning, and marks the first call of Gemini 3 as one without a signature',
      [thinking('claude'), call, { ...call, id: 'c2' }],
      target.model,
      [
        { ...written, thoughtSignature: 'skip_thought_signature_validator' },
        { functionCall: { ...written.functionCall, id: 'c2' } },
      ],
    ],
    ['marks no call of earlier models', [call], 'gemini-2.5-flash', [written]],
  ])('%s', (_, content, model, parts) => {
    const talk = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content },
    ]
    expect(fromMessages(talk, model).body.contents).toMatchObject([user, { role: 'model', parts }])
  })
})

const context = { request: {}, id: 'i', now: 1, model: 'm', wantsUsage: true }

const readAll = (...events: readonly JsonObject[]): readonly ReplyEvent[] => {
  const reader = geminiTranslator.createReader()
  return [...events.flatMap((event) => reader.read(event)), ...reader.end(), ...reader.end()]
}

const toEvent = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
  responseId: 'r',
  modelVersion: 'm',
})

describe('A reply of Gemini', () => {
  test('is read as blocks, each signature before the part that carries it', () => {
    const events = readAll(
      toEvent([{ text: 'Hm.', thought: true }]),
      toEvent([functionCall, { functionCall: { name: 'b' } }]),
      {
        ...toEvent([{ text: '' }], { finishReason: 'STOP' }),
        usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 4 },
      },
    )
    expect(events).toEqual([
      { kind: 'start', id: 'r', model: 'm' },
      { kind: 'open', block: { kind: 'reasoning' } },
      { kind: 'delta', text: 'Hm.' },
      { kind: 'close', signature: { dialect: 'gemini', value: signature } },
      { kind: 'open', block: { kind: 'tool-call', id: 'call_1', name: 'get_weather' } },
      { kind: 'delta', text: '{"location":"San Francisco, CA"}' },
      { kind: 'close' },
      { kind: 'open', block: { kind: 'tool-call', id: 'call_r_2', name: 'b' } },
      { kind: 'delta', text: '{}' },
      { kind: 'close' },
      {
        kind: 'finish',
        finish: { reason: 'tool-calls', raw: 'STOP' },
        usage: { counts: { inputTokens: 3, outputTokens: 6, reasoningTokens: 4 }, cost: undefined },
      },
    ])
  })

  test('has a reasoning without text for a signature that comes after the text', () => {
    const kinds = readAll(
      toEvent([{ text: 'Hi' }]),
      toEvent([{ text: '', thoughtSignature: signature }], { finishReason: 'STOP' }),
    )
    expect(kinds.slice(1, -1)).toMatchObject([
      { kind: 'open', block: { kind: 'text' } },
      { kind: 'delta', text: 'Hi' },
      { kind: 'close' },
      { kind: 'open', block: { kind: 'reasoning' } },
      { kind: 'close', signature: { value: signature } },
    ])
  })

  test.each([
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'filter'],
    ['RECITATION', 'filter'],
    ['OTHER', 'stop'],
  ])('that finishes with %s finishes with %s', (finishReason, reason) => {
    expect(readAll(toEvent([{ text: 'x' }], { finishReason })).at(-1)).toMatchObject({
      kind: 'finish',
      finish: { reason, raw: finishReason },
    })
  })

  test('is a filter for a blocked prompt, an error for a malformed call, and without an end if it is cut', () => {
    expect(readAll(blocked).at(-1)).toMatchObject({ finish: { reason: 'filter', raw: 'PROHIBITED_CONTENT' } })
    expect(readAll(toEvent([], { finishReason: 'MALFORMED_FUNCTION_CALL' })).at(-1)).toMatchObject({
      kind: 'error',
      error: { status: 502 },
    })
    expect(readAll(toEvent([{ text: 'x' }])).at(-1)).toEqual({ kind: 'delta', text: 'x' })
  })

  test('has its log probabilities in OpenAI’s form', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'Hi', logProbability: -0.5 }],
      topCandidates: [{ candidates: [{ token: 'Ho', logProbability: -1 }] }],
    }
    const [, , delta] = readAll(toEvent([{ text: 'Hi' }], { logprobsResult, finishReason: 'STOP' }))
    const expected = [
      { token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [{ token: 'Ho', logprob: -1, bytes: [72, 111] }] },
    ]
    expect(delta).toEqual({ kind: 'delta', text: 'Hi', logprobs: expected })
    expect(
      writeAll({ kind: 'open', block: { kind: 'text' } }, { kind: 'delta', text: 'Hi', logprobs: expected }),
    ).toMatchObject([{ candidates: [{ logprobsResult }] }])
  })
})

const writeAll = (...events: readonly ReplyEvent[]) => {
  const writer = geminiTranslator.createWriter(context)
  return events.flatMap((event) => writer.write(event))
}

describe('A reply for a client of Gemini', () => {
  const foreign = { dialect: 'messages', value: 'EqQB' } as const
  const events: readonly ReplyEvent[] = [
    { kind: 'start', id: 'msg_1', model: 'claude' },
    { kind: 'open', block: { kind: 'reasoning' } },
    { kind: 'delta', text: 'Hm.' },
    { kind: 'close', signature: foreign },
    { kind: 'open', block: { kind: 'tool-call', id: 'c1', name: 'look' } },
    { kind: 'delta', text: '{"at":' },
    { kind: 'delta', text: '"here"}' },
    { kind: 'close' },
    {
      kind: 'finish',
      finish: { reason: 'tool-calls', raw: 'tool_use' },
      usage: { counts: { inputTokens: 5, outputTokens: 7, cachedInputTokens: 2, reasoningTokens: 3 } },
    },
  ]

  test('has whole calls, and another provider’s signature on the part after its thought', () => {
    const thoughtSignature = btoa('weir:messages::EqQB')
    const named = { modelVersion: 'claude', responseId: 'msg_1' }
    const parts = [
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'c1', name: 'look', args: { at: 'here' } }, thoughtSignature },
    ]
    const written = writeAll(...events)
    expect(written).toEqual([
      ...parts.map((part) => ({ candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }], ...named })),
      {
        candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, index: 0, finishReason: 'STOP' }],
        usageMetadata: {
          promptTokenCount: 5,
          candidatesTokenCount: 4,
          totalTokenCount: 12,
          cachedContentTokenCount: 2,
          thoughtsTokenCount: 3,
        },
        ...named,
      },
    ])
    expect(generateContent.fromEvents?.(written)).toMatchObject({
      candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP' }],
    })
    // A client sends the parts back together, or each as a content of its own.
    for (const contents of [[{ role: 'model', parts }], parts.map((part) => ({ role: 'model', parts: [part] }))])
      expect(toTurns([user, ...contents])[1]?.parts).toMatchObject([
        { kind: 'reasoning', text: 'Hm.', signature: foreign },
        { kind: 'tool-call', id: 'c1' },
      ])
    // A client that decodes the field may encode it with the letters of URLs.
    const inUrl = thoughtSignature.replaceAll('+', '-').replaceAll('/', '_')
    expect(toTurns([{ role: 'model', parts: [{ ...parts[1], thoughtSignature: inUrl }] }])[0]?.parts[0]).toMatchObject({
      signature: foreign,
    })
  })

  test('is one text if it is whole, with the signature that came before it', () => {
    const body = {
      id: 'msg_1',
      model: 'claude',
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'EqQB' },
        { type: 'text', text: 'Hello there.' },
      ],
    }
    expect(new ReplyTranslation(messages, generateContent, context).toWhole(body)).toMatchObject({
      body: {
        candidates: [
          {
            content: {
              parts: [
                { text: 'Hm.', thought: true },
                { text: 'Hello there.', thoughtSignature: btoa('weir:messages::EqQB') },
              ],
            },
          },
        ],
      },
    })
  })

  test('carries a signature once, though the deltas after it are alike', () => {
    const translation = new ReplyTranslation(messages, generateContent, context)
    const read = (data: JsonObject) => {
      const event = `data: ${JSON.stringify(data)}\n\n`
      return translation.copyDelta(event) ?? translation.toEvents(data, event)
    }
    const toDelta = (text: string) => ({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } })
    read({ type: 'message_start', message: { id: 'a', model: 'b', usage: { input_tokens: 1, output_tokens: 1 } } })
    read({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } })
    read({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'EqQB' } })
    read({ type: 'content_block_stop', index: 0 })
    read({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } })
    const texts = ['a', 'b', 'c'].map((text) => read(toDelta(text)))
    expect(texts.map((text) => text.includes('thoughtSignature'))).toEqual([true, false, false])
  })

  test.each([
    ['length', 'MAX_TOKENS'],
    ['filter', 'SAFETY'],
    ['pause', 'OTHER'],
    ['stop-sequence', 'STOP'],
  ] as const)('that finishes with %s finishes with %s', (reason, finishReason) => {
    expect(writeAll({ kind: 'finish', finish: { reason, raw: '' }, usage: undefined })).toMatchObject([
      { candidates: [{ finishReason }] },
    ])
  })
})
