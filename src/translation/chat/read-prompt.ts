import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type DroppedFields, Fields, type Given } from '../fields.ts'
import { readMediaUrl } from '../media-url.ts'
import { readNames, readOpenAIFields, readOpenAIFormat, sharedFields } from '../openai-fields.ts'
import {
  type FilePart,
  joinTurns,
  type Part,
  type Prompt,
  type ReasoningPart,
  type Settings,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
} from '../prompt.ts'
import { readEffort } from '../read-effort.ts'
import { readReasoningDetail } from './read-reply.ts'

/** Reads a request of chat completions. Source: https://platform.openai.com/docs/api-reference/chat/create */
export function readChatPrompt(body: JsonObject, dropped: DroppedFields): Prompt {
  const fields = new Fields(body, '', dropped)
  // Weir chooses the model. Usage is read and shown by its own rules.
  fields.ignore('model', 'messages', 'stream_options', 'usage')
  refuseOutputs(fields)
  const system: TextPart[] = []
  const turns: Turn[] = []
  for (const message of fields.list('messages')) {
    const role = message.string('role')
    if (role === 'system' || role === 'developer') for (const text of readSystem(message)) system.push(text)
    else if (role === 'user') turns.push({ role, parts: readContent(message, 'content') })
    else if (role === 'assistant') turns.push({ role, parts: readAssistant(message) })
    else if (role === 'tool' || role === 'function') turns.push({ role: 'user', parts: [readResult(message, role)] })
    else message.refuse('role', 'Send `system`, `developer`, `user`, `assistant` or `tool`.')
    message.dropRest()
  }
  const prompt: Prompt = {
    isStream: fields.flag('stream')?.value ?? false,
    system,
    turns: joinTurns(turns),
    tools: [...readTools(fields), ...readFunctions(fields)],
    settings: readSettings(fields),
  }
  fields.dropRest()
  return prompt
}

/** Refuses what the response of another dialect cannot hold. */
function refuseOutputs(fields: Fields): void {
  const choices = fields.number('n')
  if (choices !== undefined && choices.value !== 1)
    fields.refuse('n', 'A reply has one choice there. Send several calls.')
  const modalities = fields.strings('modalities')
  if (modalities?.value.some((modality) => modality !== 'text')) fields.refuse('modalities', 'Ask for text only.')
}

function readSettings(fields: Fields): Settings {
  const logprobs = fields.flag('logprobs')
  const alternatives = fields.number('top_logprobs')
  return {
    maxTokens: fields.number('max_completion_tokens') ?? fields.number('max_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.number('top_k'),
    stop: fields.strings('stop'),
    seed: fields.number('seed'),
    presencePenalty: fields.number('presence_penalty'),
    frequencyPenalty: fields.number('frequency_penalty'),
    topLogprobs: logprobs?.value === true ? { value: alternatives?.value ?? 0, path: logprobs.path } : undefined,
    responseFormat: readOpenAIFormat(fields.fields('response_format'), (format) => format.fields('json_schema')),
    toolChoice: readToolChoice(fields),
    parallelToolCalls: fields.flag('parallel_tool_calls'),
    ...readReasoning(fields),
    ...readNames(fields),
    cacheControl: fields.givenObject('cache_control'),
    openai: readOpenAIFields(fields, [...sharedFields, 'store', 'verbosity']),
  }
}

/** Reads OpenAI's effort, and the objects of OpenRouter and Anthropic that servers of this format accept. */
function readReasoning(fields: Fields): Pick<Settings, 'effort' | 'reasoningBudget' | 'showsReasoning'> {
  const effort = readEffort(fields, 'reasoning_effort')
  const reasoning = fields.fields('reasoning')
  const thinking = fields.fields('thinking')
  const excluded = reasoning?.flag('exclude')
  const isOff = reasoning?.flag('enabled')?.value === false || thinking?.string('type') === 'disabled'
  const found = {
    effort: effort ?? (reasoning && readEffort(reasoning, 'effort')),
    reasoningBudget: isOff
      ? { value: 0, path: reasoning?.path ?? fields.at('thinking') }
      : (reasoning?.number('max_tokens') ?? thinking?.number('budget_tokens')),
    showsReasoning: excluded && { ...excluded, value: !excluded.value },
  }
  reasoning?.dropRest()
  thinking?.dropRest()
  return found
}

function readToolChoice(fields: Fields): Given<ToolChoice> | undefined {
  const path = fields.at('tool_choice')
  const choice = fields.take('tool_choice')
  if (choice === undefined) return readFunctionCall(fields)
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { value: { kind: choice }, path }
  if (isJsonObject(choice)) {
    const { function: called, custom = called, allowed_tools: allowed } = choice
    if (isJsonObject(custom) && typeof custom.name === 'string')
      return { value: { kind: 'tool', name: custom.name }, path }
    if (isJsonObject(allowed) && Array.isArray(allowed.tools)) {
      const names = allowed.tools.map(nameOf).filter((name) => name !== undefined)
      if (names.length < allowed.tools.length) fields.drop('tool_choice.allowed_tools.tools')
      return { value: { kind: 'allowed', names, isRequired: allowed.mode === 'required' }, path }
    }
  }
  return fields.refuse('tool_choice', 'Send `auto`, `none`, `required`, or a named function.')
}

function nameOf(tool: unknown): string | undefined {
  const { function: called, custom = called } = isJsonObject(tool) ? tool : {}
  return isJsonObject(custom) && typeof custom.name === 'string' ? custom.name : undefined
}

/** Reads the choice of the time before tools. */
function readFunctionCall(fields: Fields): Given<ToolChoice> | undefined {
  const path = fields.at('function_call')
  const choice = fields.take('function_call')
  if (choice === 'auto' || choice === 'none') return { value: { kind: choice }, path }
  if (choice === undefined) return undefined
  if (isJsonObject(choice) && typeof choice.name === 'string')
    return { value: { kind: 'tool', name: choice.name }, path }
  return fields.refuse('function_call', 'Send `auto`, `none`, or the name of a function.')
}

function readTools(fields: Fields): readonly Tool[] {
  return fields.list('tools').map((tool) => {
    const type = tool.string('type')
    const cacheControl = tool.givenObject('cache_control')
    const called = tool.fields(type === 'custom' ? 'custom' : 'function')
    if (called === undefined) return tool.refuse('type', 'Send `function` or `custom`.')
    const read = type === 'custom' ? { ...readCustom(called), cacheControl } : { ...readFunction(called), cacheControl }
    tool.dropRest()
    return read
  })
}

/** Reads the definitions of the time before tools. */
function readFunctions(fields: Fields): readonly Tool[] {
  return fields.list('functions').map(readFunction)
}

function readFunction(called: Fields): Tool {
  const tool = {
    name: called.string('name') ?? '',
    path: called.path,
    description: called.string('description'),
    schema: called.object('parameters') ?? { type: 'object', properties: {} },
    isStrict: called.flag('strict'),
  }
  called.dropRest()
  return tool
}

function readCustom(custom: Fields): Tool {
  const format = custom.givenObject('format')
  const isText = format?.value.type === 'text'
  const tool = {
    name: custom.string('name') ?? '',
    path: custom.path,
    description: custom.string('description'),
    schema: undefined,
    ...(format !== undefined && !isText && { grammar: format }),
  }
  custom.dropRest()
  return tool
}

function readSystem(message: Fields): readonly TextPart[] {
  return readContent(message, 'content').map((part) =>
    part.kind === 'text' ? part : message.refuse('content', 'Send text as instructions.'),
  )
}

function readContent(message: Fields, name: string): readonly Part[] {
  const content = message.take(name)
  if (typeof content === 'string') return [{ kind: 'text', text: content, path: message.at(name) }]
  return message.list(name).map(readPart)
}

function readPart(part: Fields): Part {
  const type = part.string('type')
  const base = { path: part.path, cacheControl: part.givenObject('cache_control') }
  const read = readTyped(part, type, base)
  part.dropRest()
  return read
}

function readTyped(part: Fields, type: string | undefined, base: Pick<TextPart, 'path' | 'cacheControl'>): Part {
  switch (type) {
    case 'text':
      return { ...base, kind: 'text', text: part.string('text') ?? '' }
    case 'refusal':
      return { ...base, kind: 'text', text: part.string('refusal') ?? '' }
    case 'image_url': {
      const image = part.fields('image_url')
      const source = readMediaUrl(image?.string('url') ?? part.string('image_url') ?? '')
      const detail = image?.givenString('detail')
      image?.dropRest()
      return { ...base, kind: 'image', source, detail: detail?.value === 'auto' ? undefined : detail }
    }
    case 'input_audio': {
      const audio = part.fields('input_audio')
      return { ...base, kind: 'audio', data: audio?.string('data') ?? '', format: audio?.string('format') ?? '' }
    }
    case 'file':
      return { ...base, ...readFile(part) }
    default:
      return part.refuse('type', 'Send `text`, `image_url`, `input_audio` or `file`.')
  }
}

function readFile(part: Fields): Pick<FilePart, 'kind' | 'source' | 'name'> {
  const file = part.fields('file')
  const data = file?.string('file_data')
  const id = file?.string('file_id') ?? ''
  const name = file?.givenString('filename')
  file?.dropRest()
  return { kind: 'file', source: data === undefined ? { kind: 'file-id', id } : readMediaUrl(data), name }
}

function readAssistant(message: Fields): readonly Part[] {
  const audio = message.take('audio')
  if (audio !== undefined) message.refuse('audio', 'The audio is stored at OpenAI. Send its transcript as `content`.')
  const refusal = message.string('refusal')
  const said = message.take('content') === undefined ? [] : readContent(message, 'content')
  const reasoning = readReasoningParts(message)
  const { calls, signed } = readCalls(message)
  // Clients that keep `reasoning_details` have the signature there too.
  const isMissing = signed !== undefined && reasoning.every(({ signature }) => signature === undefined)
  return [
    ...reasoning,
    ...(isMissing ? [signed] : []),
    ...said,
    ...(refusal === undefined ? [] : [{ kind: 'text', text: refusal, path: message.at('refusal') } as const]),
    ...calls,
  ]
}

/** Reads reasoning as DeepSeek, vLLM and OpenRouter return it, which their clients send back. */
function readReasoningParts(message: Fields): readonly ReasoningPart[] {
  const content = message.string('reasoning_content')
  const text = content ?? message.string('reasoning')
  const details = message.list('reasoning_details')
  const signatures = details.flatMap((detail) => {
    detail.ignore('type', 'format', 'signature', 'data', 'id', 'index', 'text', 'summary')
    const signature = readReasoningDetail(Object.fromEntries(detailNames.map((name) => [name, detail.take(name)])))
    return signature === undefined ? [] : [{ signature, path: detail.path }]
  })
  const path = message.at(content === undefined ? 'reasoning' : 'reasoning_content')
  const [first, ...others] = signatures
  if (first === undefined) return text === undefined ? [] : [{ kind: 'reasoning', text, path }]
  return [
    { kind: 'reasoning', text: text ?? '', ...first },
    ...others.map((other) => ({ kind: 'reasoning', text: '', ...other }) as const),
  ]
}

const detailNames = ['format', 'signature', 'data', 'id'] as const

/** Returns the calls, and Gemini's signature of them: of calls in parallel, only the first has one. */
function readCalls(message: Fields): { readonly calls: readonly Part[]; readonly signed: ReasoningPart | undefined } {
  let signed: ReasoningPart | undefined
  const calls = message.list('tool_calls').map((call): Part => {
    signed ??= readCallSignature(call)
    const isCustom = call.string('type') === 'custom'
    const called = call.fields(isCustom ? 'custom' : 'function')
    const part = {
      kind: 'tool-call',
      path: call.path,
      id: call.string('id') ?? '',
      name: called?.string('name') ?? '',
      input: called?.string(isCustom ? 'input' : 'arguments') ?? '',
      ...(isCustom && { isCustom }),
    } as const
    call.ignore('index')
    called?.dropRest()
    call.dropRest()
    return part
  })
  const old = message.fields('function_call')
  if (old === undefined) return { calls, signed }
  const name = old.string('name') ?? ''
  const input = old.string('arguments') ?? ''
  return { calls: [...calls, { kind: 'tool-call', path: old.path, id: toFunctionId(name), name, input }], signed }
}

/**
 * Reads the signature of a call as Google's own chat completions have it.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures, read on 2026-11-30.
 */
function readCallSignature(call: Fields): ReasoningPart | undefined {
  const extra = call.fields('extra_content')
  const google = extra?.fields('google')
  const value = google?.string('thought_signature')
  google?.dropRest()
  extra?.dropRest()
  if (google === undefined || value === undefined) return undefined
  return { kind: 'reasoning', path: google.at('thought_signature'), text: '', signature: { dialect: 'gemini', value } }
}

function readResult(message: Fields, role: 'tool' | 'function'): Part {
  const parts = readContent(message, 'content')
  return {
    kind: 'tool-result',
    path: message.path,
    id: role === 'tool' ? (message.string('tool_call_id') ?? '') : toFunctionId(message.string('name') ?? ''),
    parts: parts.map((part) =>
      part.kind === 'text' ? part : message.refuse('content', 'Send text as the result of a tool.'),
    ),
    isError: false,
  }
}

/** A call of the time before tools has no id; a function is called once a turn. */
function toFunctionId(name: string): string {
  return `call_${name}`
}
