import { isJsonObject } from '../../src/core/json.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { type FakeModel, toArguments, toDeltas, toName, turnUsage } from './fake-model.ts'

/** Google's generateContent. Source: https://ai.google.dev/api/generate-content, read on 2026-11-30. */
export const fakeGemini: FakeModel = {
  name: 'Google’s generateContent',
  dialect: 'gemini',
  provider: { kind: 'gemini', api_key: 'AIza-of-the-operator' },
  basePath: '',
  model: 'gemini-3.8-flash',
  callId: 'call-fake',
  play(turn, exchange) {
    if (!exchange.target.includes(':streamGenerateContent'))
      return json(200, candidate([{ text: choose(exchange.bodyJson) }], 'STOP'))
    switch (turn.kind) {
      case 'busy':
        return json(429, rateLimited, { headers: { 'retry-after': String(turn.retryAfterSeconds) } })
      case 'stalled':
        return sse(
          toDeltas(turn).map((text) => candidate([{ text }])),
          { ending: 'never' },
        )
      case 'text':
        return sse([...toDeltas(turn).map((text) => candidate([{ text }])), candidate([{ text: '' }], 'STOP')], whole)
      case 'tool': {
        const functionCall = { id: 'call-fake', name: toName(turn.call), args: toArguments(turn.call) }
        return sse([candidate([{ functionCall }], 'STOP')], whole)
      }
    }
  },
}

const whole = { doneAtEnd: false }

const rateLimited = { error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED' } }

/** Gemini CLI first asks a small model, with a JSON schema, which model the task needs. */
function choose(body: unknown): string {
  const hasSchema =
    isJsonObject(body) && isJsonObject(body.generationConfig) && 'responseJsonSchema' in body.generationConfig
  return hasSchema ? JSON.stringify({ reasoning: 'A small task.', model_choice: 'flash' }) : 'A small task'
}

function candidate(parts: readonly object[], finishReason?: string): object {
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason !== undefined && { finishReason }) }],
    modelVersion: 'gemini-3.8-flash',
    ...(finishReason !== undefined && {
      usageMetadata: {
        promptTokenCount: turnUsage.input,
        cachedContentTokenCount: turnUsage.cached,
        candidatesTokenCount: turnUsage.output,
        totalTokenCount: turnUsage.input + turnUsage.output,
      },
    }),
  }
}
