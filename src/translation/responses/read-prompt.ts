import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type DroppedFields, Fields, type Given } from '../fields.ts'
import { readMediaUrl } from '../media-url.ts'
import { readNames, readOpenAIFields, readOpenAIFormat, sharedFields } from '../openai-fields.ts'
import {
  joinTurns,
  type MediaSource,
  type Part,
  type Prompt,
  type Settings,
  type TextPart,
  type Tool,
  type ToolChoice,
  type ToolResultPart,
  type Turn,
} from '../prompt.ts'
import { readEffort } from '../read-effort.ts'
import { readSignatureText } from '../signature.ts'
import { toFlatName } from './tool-names.ts'

const sendWhole = 'It is stored at OpenAI. Send the whole conversation as `input`, with `store: false`.'

/**
 * Reads a request of Responses. Sources, read on 2026-11-30: https://platform.openai.com/docs/api-reference/responses/create,
 * and the types of openai-node 7.57.
 */
export function readResponsesPrompt(body: JsonObject, dropped: DroppedFields): Prompt {
  const fields = new Fields(body, '', dropped)
  // Weir chooses the model. Usage is read and shown by its own rules.
  fields.ignore('model', 'stream_options', 'usage')
  refuseStored(fields)
  const instructions = fields.string('instructions')
  const { tools, hosted } = readTools(fields)
  const { system, turns, addedTools } = readInput(fields)
  const toolChoice = readToolChoice(fields)
  if (toolChoice?.value.kind === 'required' && tools.length + addedTools.length === 0 && hosted.length > 0)
    fields.refuse(
      'tool_choice',
      `The tool \`${hosted[0]}\` runs at OpenAI only. Let the model choose, or offer a function.`,
    )
  const prompt: Prompt = {
    isStream: fields.flag('stream')?.value ?? false,
    system: [...(instructions ? [{ kind: 'text', text: instructions, path: 'instructions' } as const] : []), ...system],
    turns: joinTurns(turns),
    tools: [...tools, ...addedTools],
    settings: { ...readSettings(fields), toolChoice },
  }
  fields.dropRest()
  return prompt
}

/** Refuses what exists only where OpenAI stores it. */
function refuseStored(fields: Fields): void {
  for (const name of ['previous_response_id', 'conversation'] as const)
    if (fields.take(name) !== undefined) fields.refuse(name, sendWhole)
  if (fields.take('prompt') !== undefined)
    fields.refuse('prompt', 'It is stored at OpenAI. Send its text as `instructions` and `input`.')
  if (fields.flag('background')?.value === true)
    fields.refuse('background', 'Only OpenAI runs responses in the background. Send `stream: true` instead.')
  if (fields.flag('store')?.value === true)
    fields.refuse('store', 'Only OpenAI stores responses. Send the whole conversation as `input`, with `store: false`.')
  // The default of Responses, and the only behavior elsewhere.
  if (fields.string('truncation') === 'auto') fields.drop('truncation')
}

function readSettings(fields: Fields): Settings {
  const text = fields.fields('text')
  const settings: Settings = {
    maxTokens: fields.number('max_output_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topLogprobs: readIncluded(fields),
    responseFormat: readOpenAIFormat(text?.fields('format'), (format) => format),
    parallelToolCalls: fields.flag('parallel_tool_calls'),
    ...readReasoning(fields.fields('reasoning')),
    ...readNames(fields),
    openai: {
      ...readOpenAIFields(fields, sharedFields),
      ...(text && readOpenAIFields(text, ['verbosity'])),
    },
  }
  text?.dropRest()
  return settings
}

/** Reads what the response includes. Weir always returns the reasoning's signature. */
function readIncluded(fields: Fields): Given<number> | undefined {
  const alternatives = fields.number('top_logprobs')
  let logprobs: Given<number> | undefined
  for (const name of fields.strings('include')?.value ?? []) {
    if (name === 'message.output_text.logprobs')
      logprobs = { value: alternatives?.value ?? 0, path: fields.at('top_logprobs') }
    else if (name !== 'reasoning.encrypted_content') fields.drop(`include.${name}`)
  }
  // OpenAI ignores the number of alternatives to nothing.
  if (logprobs === undefined && alternatives !== undefined && alternatives.value > 0) fields.drop('top_logprobs')
  return logprobs
}

function readReasoning(reasoning: Fields | undefined): Pick<Settings, 'effort' | 'showsReasoning'> {
  if (reasoning === undefined) return {}
  const effort = readEffort(reasoning, 'effort')
  const summary = reasoning.given('summary') ?? reasoning.given('generate_summary')
  reasoning.ignore('generate_summary')
  reasoning.dropRest()
  return { effort, showsReasoning: summary && { value: true, path: summary.path } }
}

function readToolChoice(fields: Fields): Given<ToolChoice> | undefined {
  const path = fields.at('tool_choice')
  const choice = fields.take('tool_choice')
  if (choice === undefined) return undefined
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { value: { kind: choice }, path }
  if (!isJsonObject(choice))
    return fields.refuse('tool_choice', 'Send `auto`, `none`, `required`, or the name of a function.')
  const name = nameOf(choice)
  if (name !== undefined) return { value: { kind: 'tool', name }, path }
  if (choice.type === 'allowed_tools' && Array.isArray(choice.tools)) {
    const isRequired = choice.mode === 'required'
    const names = choice.tools.flatMap((tool) => (isJsonObject(tool) ? (nameOf(tool) ?? []) : []))
    if (names.length < choice.tools.length) fields.drop('tool_choice.tools')
    if (names.length > 0 || !isRequired) return { value: { kind: 'allowed', names, isRequired }, path }
  }
  return fields.refuse('tool_choice', 'This tool runs at OpenAI only. Let the model choose, or name a function.')
}

/** Returns the name of a tool that runs at the client; undefined for one that runs at OpenAI. */
function nameOf({ type, name, namespace }: JsonObject): string | undefined {
  if ((type !== 'function' && type !== 'custom') || typeof name !== 'string') return undefined
  return toFlatName(name, typeof namespace === 'string' ? namespace : undefined)
}

/** Reads the tools that run at the client. Those that run at OpenAI are dropped, and named by their types. */
function readTools(fields: Fields): { readonly tools: readonly Tool[]; readonly hosted: readonly string[] } {
  const tools: Tool[] = []
  const hosted: string[] = []
  for (const tool of fields.list('tools')) {
    const type = tool.string('type') ?? ''
    if (type === 'function' || type === 'custom') tools.push(readTool(tool, type, undefined))
    else if (type === 'namespace') {
      const namespace = tool.string('name')
      for (const inner of tool.list('tools'))
        tools.push(readTool(inner, inner.string('type') === 'custom' ? 'custom' : 'function', namespace))
      tool.dropRest()
    } else {
      hosted.push(type)
      fields.drop(`tools[].${type}`)
    }
  }
  return { tools, hosted }
}

function readTool(tool: Fields, type: 'function' | 'custom', namespace: string | undefined): Tool {
  const format = type === 'custom' ? tool.givenObject('format') : undefined
  const isText = format?.value.type === 'text'
  const read: Tool = {
    name: toFlatName(tool.string('name') ?? '', namespace),
    path: tool.path,
    description: tool.string('description'),
    schema: type === 'custom' ? undefined : (tool.object('parameters') ?? { type: 'object', properties: {} }),
    isStrict: tool.flag('strict'),
    ...(format !== undefined && !isText && { grammar: format }),
  }
  tool.dropRest()
  return read
}

interface Input {
  readonly system: readonly TextPart[]
  readonly turns: readonly Turn[]
  readonly addedTools: readonly Tool[]
}

function readInput(fields: Fields): Input {
  const input = fields.take('input')
  if (typeof input === 'string')
    return {
      system: [],
      turns: [{ role: 'user', parts: [{ kind: 'text', text: input, path: 'input' }] }],
      addedTools: [],
    }
  const system: TextPart[] = []
  const turns: Turn[] = []
  const addedTools: Tool[] = []
  for (const item of fields.list('input')) {
    const role = item.string('role')
    const type = item.string('type') ?? (role === undefined ? 'item_reference' : 'message')
    // They name an item that was returned, and say how it ended.
    item.ignore('id', 'status')
    if (type === 'message') {
      if (role === 'system' || role === 'developer') for (const text of readSystem(item)) system.push(text)
      else if (role === 'user' || role === 'assistant') turns.push({ role, parts: readContent(item, 'content') })
      else item.refuse('role', 'Send `system`, `developer`, `user` or `assistant`.')
    } else if (type === 'additional_tools') for (const tool of readTools(item).tools) addedTools.push(tool)
    else {
      const turn = readItem(item, type)
      if (turn === undefined) {
        fields.drop(`input[].${type}`)
        continue
      }
      turns.push(turn)
    }
    item.dropRest()
  }
  return { system, turns, addedTools }
}

/** Reads an item of the model, or the output of its call; undefined for an item of a tool that runs at OpenAI. */
function readItem(item: Fields, type: string): Turn | undefined {
  switch (type) {
    case 'reasoning':
      return { role: 'assistant', parts: readReasoningItem(item) }
    case 'function_call':
    case 'custom_tool_call': {
      const isCustom = type === 'custom_tool_call'
      const call = {
        kind: 'tool-call',
        path: item.path,
        id: item.string('call_id') ?? '',
        name: toFlatName(item.string('name') ?? '', item.string('namespace')),
        input: item.string(isCustom ? 'input' : 'arguments') ?? '',
        ...(isCustom && { isCustom }),
      } as const
      return { role: 'assistant', parts: [call] }
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', parts: [readOutput(item)] }
    case 'item_reference':
      return item.refuse('id', sendWhole)
    case 'compaction':
    case 'compaction_summary':
    case 'compaction_trigger':
      return item.refuse('type', 'Only OpenAI can read or write a compaction. Send the whole conversation as `input`.')
    default:
      return undefined
  }
}

function readReasoningItem(item: Fields): readonly Part[] {
  const id = item.string('id')
  const encrypted = item.string('encrypted_content')
  const texts = [...item.list('summary'), ...item.list('content')].flatMap((part) => {
    part.ignore('type')
    return part.string('text') ?? []
  })
  const signature = encrypted === undefined ? undefined : readSignatureText(encrypted, 'responses')
  if (signature === undefined && texts.length === 0) return []
  return [
    {
      kind: 'reasoning',
      path: item.path,
      text: texts.join('\n\n'),
      signature: signature?.dialect === 'responses' ? { id, ...signature } : signature,
    },
  ]
}

function readOutput(item: Fields): ToolResultPart {
  return {
    kind: 'tool-result',
    path: item.path,
    id: item.string('call_id') ?? '',
    parts: readContent(item, 'output').map((part) =>
      part.kind === 'text' || part.kind === 'image' || part.kind === 'file'
        ? part
        : item.refuse('output', 'Send text, images or files as the output of a tool.'),
    ),
    isError: false,
  }
}

function readSystem(message: Fields): readonly TextPart[] {
  return readContent(message, 'content').map((part) =>
    part.kind === 'text' ? part : message.refuse('content', 'Send text as instructions.'),
  )
}

function readContent(item: Fields, name: string): readonly Part[] {
  const content = item.take(name)
  if (typeof content === 'string') return [{ kind: 'text', text: content, path: item.at(name) }]
  return item.list(name).map((part) => {
    const read = readPart(part)
    part.dropRest()
    return read
  })
}

function readPart(part: Fields): Part {
  const { path } = part
  switch (part.string('type')) {
    case 'input_text':
    case 'output_text':
      // They describe a text that was returned.
      part.ignore('annotations', 'logprobs')
      return { path, kind: 'text', text: part.string('text') ?? '' }
    case 'refusal':
      return { path, kind: 'text', text: part.string('refusal') ?? '' }
    case 'input_image': {
      const detail = part.givenString('detail')
      const source = readSource(part.string('image_url'), part.string('file_id'))
      return { path, kind: 'image', source, detail: detail?.value === 'auto' ? undefined : detail }
    }
    case 'input_file': {
      const source = readSource(part.string('file_data') ?? part.string('file_url'), part.string('file_id'))
      if ((part.string('detail') ?? 'auto') !== 'auto') part.drop('detail')
      return { path, kind: 'file', source, name: part.givenString('filename') }
    }
    case 'input_audio': {
      const audio = part.fields('input_audio')
      return { path, kind: 'audio', data: audio?.string('data') ?? '', format: audio?.string('format') ?? '' }
    }
    default:
      return part.refuse('type', 'Send `input_text`, `input_image` or `input_file`.')
  }
}

function readSource(url: string | undefined, id: string | undefined): MediaSource {
  return url === undefined ? { kind: 'file-id', id: id ?? '' } : readMediaUrl(url)
}
