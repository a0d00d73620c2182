const responses = new Map<string, Buffer>()

/**
 * Creates an unstreamed response with OpenAI's headers: `json` is a chat completion and `image` an image in base64,
 * both of exactly `size` bytes; `error` has the status `size`.
 */
export function createWholeResponse(kind: string, size: number): Buffer {
  const name = `${kind}-${size}`
  const known = responses.get(name)
  if (known !== undefined) return known
  const response =
    kind === 'error' ? toResponse(size, error) : toResponse(200, pad(kind === 'image' ? image : completion, size))
  responses.set(name, response)
  return response
}

function pad(toBody: (filling: string) => string, bodyBytes: number): string {
  return toBody('a'.repeat(Math.max(0, bodyBytes - toBody('').length)))
}

function toResponse(status: number, body: string): Buffer {
  const type = 'content-type: application/json\r\nx-request-id: req_bench\r\nopenai-processing-ms: 1'
  return Buffer.from(`HTTP/1.1 ${status} Bench\r\n${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
}

function completion(content: string): string {
  const message = { role: 'assistant', content, refusal: null }
  return JSON.stringify({
    id: 'chatcmpl-bench00000000000000000000',
    object: 'chat.completion',
    created: 1_789_000_000,
    model: 'bench',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 20,
      completion_tokens: 60,
      total_tokens: 80,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  })
}

function image(base64: string): string {
  const usage = { input_tokens: 20, output_tokens: 1_056, total_tokens: 1_076 }
  return JSON.stringify({ created: 1_789_000_000, data: [{ b64_json: base64 }], usage })
}

const error = JSON.stringify({ error: { message: 'planned', type: 'server_error', param: null, code: null } })
