import type { JsonObject } from '../../core/json.ts'
import { type DroppedFields, Fields, type Given } from '../fields.ts'
import type {
  Effort,
  FilePart,
  ImagePart,
  MediaSource,
  Part,
  Prompt,
  ResponseFormat,
  Settings,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from '../prompt.ts'
import { joinTurns } from '../prompt.ts'
import { readEffort } from '../read-effort.ts'
import { readSignatureText } from '../signature.ts'

/** Reads a request of Anthropic's Messages. Source: https://platform.claude.com/docs/en/api/messages/create */
export function readMessagesPrompt(body: JsonObject, dropped: DroppedFields): Prompt {
  const fields = new Fields(body, '', dropped)
  // Weir chooses the model, and its access rules read these.
  fields.ignore('model', 'max_tokens', 'messages')
  const system = readTexts(fields, 'system')
  const turns: Turn[] = []
  for (const message of fields.list('messages')) {
    const role = message.string('role')
    if (role === 'system') for (const text of readTexts(message, 'content')) system.push(text)
    else if (role === 'user' || role === 'assistant') turns.push({ role, parts: readContent(message) })
    else message.refuse('role', 'Send `user`, `assistant` or `system`.')
    message.dropRest()
  }
  const { tools, hosted } = readTools(fields)
  const prompt: Prompt = {
    isStream: fields.flag('stream')?.value ?? false,
    system,
    turns: joinTurns(turns),
    tools,
    settings: readSettings(fields, hosted),
  }
  fields.dropRest()
  return prompt
}

function readSettings(fields: Fields, hostedTools: readonly string[]): Settings {
  const thinking = fields.fields('thinking')
  const output = fields.fields('output_config')
  const choice = fields.fields('tool_choice')
  const isSerial = choice?.flag('disable_parallel_tool_use')
  const metadata = fields.fields('metadata')
  const settings: Settings = {
    maxTokens: fields.number('max_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.number('top_k'),
    stop: fields.strings('stop_sequences'),
    responseFormat: readFormat(output?.fields('format') ?? fields.fields('output_format')),
    effort: readOwnEffort(output, thinking),
    ...readThinking(fields, thinking),
    toolChoice: choice && readToolChoice(choice, hostedTools),
    parallelToolCalls: isSerial && { ...isSerial, value: !isSerial.value },
    endUser: metadata?.givenString('user_id'),
    cacheControl: fields.givenObject('cache_control'),
  }
  for (const each of [thinking, output, choice, metadata]) each?.dropRest()
  return settings
}

function readThinking(
  fields: Fields,
  thinking: Fields | undefined,
): Pick<Settings, 'reasoningBudget' | 'showsReasoning'> {
  if (thinking === undefined) return {}
  const type = thinking.string('type')
  if (type !== 'enabled' && type !== 'adaptive' && type !== 'disabled') {
    fields.drop('thinking')
    return {}
  }
  const display = thinking.given('display')
  const budget = type === 'disabled' ? { value: 0, path: thinking.path } : thinking.number('budget_tokens')
  return {
    reasoningBudget: budget,
    ...(type !== 'disabled' && {
      showsReasoning: { value: display?.value !== 'omitted', path: display?.path ?? thinking.path },
    }),
  }
}

/** `adaptive` without an effort lets the model decide, which is the default elsewhere. */
function readOwnEffort(output: Fields | undefined, thinking: Fields | undefined): Given<Effort> | undefined {
  if (thinking?.take('type') === 'disabled') {
    output?.ignore('effort')
    return { value: 'none', path: thinking.path }
  }
  return output && readEffort(output, 'effort')
}

function readFormat(format: Fields | undefined): Given<ResponseFormat> | undefined {
  if (format === undefined) return undefined
  const schema = format.object('schema')
  if (format.string('type') !== 'json_schema' || schema === undefined)
    return format.refuse('type', 'Send `json_schema` with a `schema`.')
  format.dropRest()
  return { value: { kind: 'schema', schema, isStrict: true }, path: format.path }
}

function readToolChoice(choice: Fields, hostedTools: readonly string[]): Given<ToolChoice> {
  const type = choice.string('type')
  const name = choice.string('name')
  if (type === 'tool' && name !== undefined) {
    if (hostedTools.includes(name))
      return choice.refuse('name', 'This tool runs at Anthropic only. Let the model choose.')
    return { value: { kind: 'tool', name }, path: choice.path }
  }
  const kind = type === 'any' ? 'required' : type === 'none' ? 'none' : 'auto'
  return { value: { kind }, path: choice.path }
}

/** Reads the tools that run at the client. Those that run at Anthropic are dropped, unless the choice forces one. */
function readTools(fields: Fields): { readonly tools: readonly Tool[]; readonly hosted: readonly string[] } {
  const tools: Tool[] = []
  const hosted: string[] = []
  for (const tool of fields.list('tools')) {
    const type = tool.string('type') ?? 'custom'
    const name = tool.string('name') ?? ''
    if (type !== 'custom') {
      hosted.push(name)
      fields.drop(`tools[].${type}`)
      continue
    }
    tools.push({
      name,
      path: tool.path,
      description: tool.string('description'),
      schema: tool.object('input_schema') ?? {},
      isStrict: tool.flag('strict'),
      cacheControl: tool.givenObject('cache_control'),
    })
    tool.dropRest()
  }
  return { tools, hosted }
}

function readContent(message: Fields): readonly Part[] {
  const content = message.take('content')
  if (typeof content === 'string') return [{ kind: 'text', text: content, path: message.at('content') }]
  return message.list('content').map(readBlock)
}

function readBlock(block: Fields): Part {
  const type = block.string('type')
  const cacheControl = block.givenObject('cache_control')
  const base = { path: block.path, cacheControl }
  const part = readTyped(block, type, base)
  block.dropRest()
  return part
}

function readTyped(block: Fields, type: string | undefined, base: Pick<TextPart, 'path' | 'cacheControl'>): Part {
  switch (type) {
    case 'text':
      return { ...base, kind: 'text', text: block.string('text') ?? '' }
    case 'image':
    case 'document':
      return readMedia(block, type, base)
    case 'thinking': {
      const signature = block.string('signature')
      return {
        ...base,
        kind: 'reasoning',
        text: block.string('thinking') ?? '',
        ...(signature && { signature: readSignatureText(signature, 'messages') }),
      }
    }
    case 'redacted_thinking': {
      const value = block.string('data') ?? ''
      return { ...base, kind: 'reasoning', text: '', signature: { dialect: 'messages', value, isRedacted: true } }
    }
    case 'tool_use':
      return {
        ...base,
        kind: 'tool-call',
        id: block.string('id') ?? '',
        name: block.string('name') ?? '',
        input: JSON.stringify(block.object('input') ?? {}),
      }
    case 'tool_result':
      return {
        ...base,
        kind: 'tool-result',
        id: block.string('tool_use_id') ?? '',
        parts: readContent(block).map((part) =>
          part.kind === 'text' || part.kind === 'image' || part.kind === 'file'
            ? part
            : block.refuse('content', 'Send text, images or documents as the result of a tool.'),
        ),
        isError: block.flag('is_error')?.value ?? false,
      }
    default:
      return block.refuse(
        'type',
        `Blocks of the type \`${String(type).slice(0, 40)}\` exist at Anthropic only. Leave it out.`,
      )
  }
}

function readMedia(
  block: Fields,
  type: 'image' | 'document',
  base: Pick<TextPart, 'path' | 'cacheControl'>,
): ImagePart | FilePart | TextPart {
  const source = block.fields('source')
  const name = block.givenString('title')
  const kind = source?.string('type')
  if (source === undefined) return block.refuse('source', 'Send `source` with base64 data or a URL.')
  // A document of plain text is text.
  if (kind === 'text') {
    if (name !== undefined) block.drop('title')
    return { ...base, kind: 'text', text: source.string('data') ?? '' }
  }
  const media = readSource(source, kind)
  source.ignore('media_type')
  source.dropRest()
  return type === 'image' ? { ...base, kind: 'image', source: media } : { ...base, kind: 'file', source: media, name }
}

function readSource(source: Fields, kind: string | undefined): MediaSource {
  if (kind === 'url') return { kind, url: source.string('url') ?? '' }
  if (kind === 'base64')
    return { kind, mediaType: source.string('media_type') ?? '', data: source.string('data') ?? '' }
  if (kind === 'file') return { kind: 'file-id', id: source.string('file_id') ?? '' }
  return source.refuse('type', 'Send `base64` or `url`.')
}

function readTexts(fields: Fields, name: string): TextPart[] {
  const value = fields.take(name)
  if (value === undefined) return []
  if (typeof value === 'string') return [{ kind: 'text', text: value, path: fields.at(name) }]
  return fields.list(name).map((block) => {
    const part = readBlock(block)
    return part.kind === 'text' ? part : block.refuse('type', 'Send text.')
  })
}
