import type { DemoCall } from '../demo-call.ts'

interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  readonly output: readonly object[]
  readonly usage: object | null
}

/** OpenAI's, for what the caller did not set. */
const defaults = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
}

/** The `response` object with all its fields; what the caller set is repeated. */
export function toResponseObject({ id, created, model, body }: DemoCall, { status, output, usage }: ResponseState) {
  const settings = Object.entries(defaults).map(([name, value]) => [name, body[name] ?? value])
  return {
    id: `resp_demo_${id}`,
    object: 'response',
    created_at: created,
    status,
    background: false,
    completed_at: status === 'completed' ? created : null,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    model,
    output,
    service_tier: 'default',
    store: false,
    top_logprobs: 0,
    usage,
    ...Object.fromEntries(settings),
  }
}
