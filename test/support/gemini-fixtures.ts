import type { GenerateContentParameters } from '@google/genai'

// Requests and responses of Gemini's API. Sources, read on 2026-11-30: https://ai.google.dev/api/generate-content,
// …/api/tokens, …/api/embeddings, …/gemini-api/docs/thinking, …/function-calling, …/google-search, …/caching,
// …/safety-settings, …/troubleshooting, and the types of @google/genai 3.3.0.

export const contentRequest = { contents: [{ role: 'user', parts: [{ text: 'Hello, Gemini' }] }] }

/** The same in the terms of the SDK. */
export const sdkRequest = {
  model: 'gemini-3.5-flash',
  contents: 'Hello, Gemini',
} satisfies GenerateContentParameters

/**
 * 1,200 tokens of prompt, of which 200 are sound and 300 were cached, 50 of them sound; 100 of tools. 80 tokens of text
 * and 40 of thoughts.
 */
export const contentUsage = {
  promptTokenCount: 1_200,
  candidatesTokenCount: 80,
  totalTokenCount: 1_420,
  cachedContentTokenCount: 300,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 1_000 },
    { modality: 'AUDIO', tokenCount: 200 },
  ],
  cacheTokensDetails: [
    { modality: 'TEXT', tokenCount: 250 },
    { modality: 'AUDIO', tokenCount: 50 },
  ],
  toolUsePromptTokenCount: 100,
  toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 100 }],
  thoughtsTokenCount: 40,
}

export const content = {
  candidates: [
    {
      content: { parts: [{ text: 'Hi! I am Gemini.' }], role: 'model' },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: contentUsage,
  modelVersion: 'gemini-3.5-flash',
  responseId: 'mAitaLmkHPPlz7IPvtfUqQ4',
}

/** A signature must come back with the call that it belongs to. */
export const functionCall = {
  functionCall: { name: 'get_weather', args: { location: 'San Francisco, CA' }, id: 'call_1' },
  thoughtSignature: 'CrUBAVSoXO4a1bcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk',
}

/** A blocked prompt has no candidates. */
export const blocked = {
  promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
  usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
  modelVersion: 'gemini-3.5-flash',
}

/** One event of a stream. Google ends lines with CR LF. */
export function toContentEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\r\n\r\n`
}

/** An event with one part; the usage counts from the start. */
export function toPartEvent(part: object, candidatesTokenCount = 0, more: object = {}): string {
  return toContentEvent({
    candidates: [{ content: { parts: [part], role: 'model' }, index: 0, ...more }],
    usageMetadata: { promptTokenCount: 8, ...(candidatesTokenCount > 0 && { candidatesTokenCount }) },
    modelVersion: 'gemini-3.5-flash',
    responseId: 'r',
  })
}

export const lastContentEvent = toContentEvent({
  ...content,
  candidates: [{ content: { parts: [{ text: '!' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
})

/** A stream of text. */
export const contentStream = [toPartEvent({ text: 'Hel' }, 1), toPartEvent({ text: 'lo' }, 2), lastContentEvent]

/** A stream with thoughts and a call of a function. */
export const callStream = [
  toPartEvent({ text: 'The user ', thought: true }),
  toPartEvent({ text: 'wants the weather.', thought: true }),
  toPartEvent(functionCall, 12),
  toPartEvent({ text: '' }, 12, { finishReason: 'STOP' }),
]

export const quotaExceeded = {
  error: {
    code: 429,
    message: 'You exceeded your current quota.',
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '17s' }],
  },
}

export const unavailable = {
  error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' },
}
