import type { JsonObject } from '../../core/json.ts'
import type { DroppedFields, Fields, Given } from '../fields.ts'
import {
  type AudioPart,
  type FilePart,
  type ImagePart,
  joinTurns,
  type MediaSource,
  type Part,
  type Prompt,
  type ResponseFormat,
  type Settings,
  type TextPart,
  type Tool,
  type ToolChoice,
  type ToolResultPart,
  type Turn,
} from '../prompt.ts'
import { readEffort } from '../read-effort.ts'
import type { RequestFacts } from '../translator.ts'
import { CallIds } from './call-ids.ts'
import { GeminiFields } from './gemini-fields.ts'
import { toJsonSchema } from './json-schema.ts'
import { readThoughtSignature } from './thought-signature.ts'

/** Reads a request of Gemini's generateContent. Source: https://ai.google.dev/api/generate-content, read on 2026-11-30. */
export function readGeminiPrompt(body: JsonObject, dropped: DroppedFields, { isStream }: RequestFacts): Prompt {
  const fields = new GeminiFields(body, '', dropped)
  // The path has the model. Usage is read and shown by its own rules.
  fields.ignore('model', 'contents', 'usage')
  if (fields.take('cachedContent') !== undefined)
    fields.refuse('cachedContent', 'The cached content is stored at Google. Send it as `contents`.')
  const ids = new CallIds()
  const turns: Turn[] = []
  for (const content of fields.list('contents')) {
    const role = content.string('role') ?? 'user'
    if (role !== 'user' && role !== 'model' && role !== 'function') content.refuse('role', 'Send `user` or `model`.')
    const parts = content.list('parts').flatMap((part) => readPart(part, ids))
    turns.push({ role: role === 'model' ? 'assistant' : 'user', parts })
    content.dropRest()
  }
  const prompt: Prompt = {
    isStream,
    system: readSystem(fields),
    // The SDK's chats send each event of a streamed reply back as a content of its own.
    turns: joinTurns(turns).map(({ role, parts }) => ({ role, parts: joinSignatures(parts) })),
    tools: readTools(fields),
    settings: readSettings(fields),
  }
  fields.dropRest()
  return prompt
}

/** The instruction is a `Content`; some clients send its text only. */
function readSystem(fields: Fields): readonly TextPart[] {
  const path = fields.at('systemInstruction')
  const value = fields.take('systemInstruction')
  if (typeof value === 'string') return [{ kind: 'text', text: value, path }]
  const instruction = fields.fields('systemInstruction')
  instruction?.ignore('role')
  const parts = (instruction?.list('parts') ?? []).map((part): TextPart => {
    const text = part.string('text')
    if (text === undefined) return part.refuse('text', 'Send text as instructions.')
    part.dropRest()
    return { kind: 'text', text, path: part.path }
  })
  instruction?.dropRest()
  return parts
}

/** A signature belongs to the thought before its part, if there is one. */
function joinSignatures(parts: readonly Part[]): readonly Part[] {
  const joined: Part[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    const isThought = last?.kind === 'reasoning' && last.signature === undefined
    if (isThought && part.kind === 'reasoning')
      joined[joined.length - 1] = { ...last, text: last.text + part.text, signature: part.signature }
    else joined.push(part)
  }
  return joined
}

/** Returns the parts of one part: its signature comes before it. */
function readPart(part: Fields, ids: CallIds): readonly Part[] {
  const signed = part.string('thoughtSignature')
  const signature = signed === undefined || signed === '' ? undefined : readThoughtSignature(signed)
  const { path } = part
  if (part.flag('thought')?.value === true) {
    const text = part.string('text') ?? ''
    part.dropRest()
    return [{ kind: 'reasoning', path, text, signature }]
  }
  const read = readTyped(part, ids)
  part.dropRest()
  return [
    ...(signature === undefined
      ? []
      : [{ kind: 'reasoning', path: part.at('thoughtSignature'), text: '', signature } as const]),
    ...(read === undefined || (read.kind === 'text' && read.text === '') ? [] : [read]),
  ]
}

/** Returns undefined for a part that is left out: code that ran at Google, and tools of its own. */
function readTyped(part: Fields, ids: CallIds): Part | undefined {
  const text = part.string('text')
  if (text !== undefined) return { kind: 'text', path: part.path, text }
  const call = part.fields('functionCall')
  if (call !== undefined) {
    const name = call.string('name') ?? ''
    const read = {
      kind: 'tool-call',
      path: call.path,
      id: ids.open(call.string('id'), name),
      name,
      input: JSON.stringify(call.object('args') ?? {}),
    } as const
    call.dropRest()
    return read
  }
  const response = part.fields('functionResponse')
  return response === undefined ? readMedia(part) : readResult(response, ids)
}

/**
 * `output` and `error` hold the result; without them, all of `response` does.
 * Source: https://ai.google.dev/api/caching#FunctionResponse, read on 2026-11-30.
 */
function readResult(response: Fields, ids: CallIds): ToolResultPart {
  const { path } = response
  const id = ids.close(response.string('id'), response.string('name') ?? '')
  const { output, error, ...others } = response.object('response') ?? {}
  const isWhole = Object.keys(others).length > 0
  const isError = !isWhole && output === undefined && error !== undefined
  const result = isWhole ? { ...others, output, error } : isError ? error : (output ?? {})
  const media = response.list('parts').map((part) => {
    const read = readMedia(part)
    part.dropRest()
    if (read?.kind === 'image' || read?.kind === 'file') return read
    return part.refuse('inlineData', 'Send text, images or documents as the result of a function.')
  })
  response.dropRest()
  const text = typeof result === 'string' ? result : JSON.stringify(result)
  return { kind: 'tool-result', path, id, parts: [{ kind: 'text', path, text }, ...media], isError }
}

function readMedia(part: Fields): ImagePart | FilePart | AudioPart | undefined {
  const inline = part.fields('inlineData')
  const file = part.fields('fileData')
  const holder = inline ?? file
  if (holder === undefined) return undefined
  const uri = file?.string('fileUri') ?? ''
  const mediaType = (holder.string('mimeType') ?? typeOfName(uri)).toLowerCase()
  const data = inline?.string('data') ?? ''
  const source: MediaSource = inline === undefined ? toSource(uri) : { kind: 'base64', mediaType, data }
  const name = holder.givenString('displayName')
  holder.dropRest()
  const { path } = part
  const [type] = mediaType.split('/')
  if (type === 'image') {
    if (name !== undefined) holder.drop('displayName')
    return { kind: 'image', path, source }
  }
  if (type === 'video' || /youtu\.?be/.test(uri))
    part.refuse(inline ? 'inlineData' : 'fileData', 'Send images instead of a film.')
  if (type !== 'audio') return { kind: 'file', path, source, name }
  const format = audioFormats[mediaType]
  if (inline === undefined || format === undefined)
    return part.refuse(inline ? 'inlineData.mimeType' : 'fileData', 'Send audio as base64 data in WAV or MP3.')
  return { kind: 'audio', path, data, format }
}

/** Files at Google are open to its own models only. */
function toSource(uri: string): MediaSource {
  const isOwn = !/^https?:/.test(uri) || /^https:\/\/generativelanguage\.googleapis\.com\//.test(uri)
  return isOwn ? { kind: 'file-id', id: uri } : { kind: 'url', url: uri }
}

function typeOfName(uri: string): string {
  return /\.(?:png|jpe?g|webp|gif|heic|heif|avif|bmp)(?:[?#]|$)/i.test(uri) ? 'image/*' : ''
}

const audioFormats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/mp3': 'mp3',
  'audio/mpeg': 'mp3',
}

/** Reads the functions. Google's own tools are dropped. */
function readTools(fields: Fields): readonly Tool[] {
  return fields.list('tools').flatMap((tool) => {
    const functions = tool.list('functionDeclarations').map((declared): Tool => {
      const schema = declared.object('parameters')
      const read = {
        name: declared.string('name') ?? '',
        path: declared.path,
        description: declared.string('description'),
        schema: schema === undefined ? (declared.object('parametersJsonSchema') ?? noInput) : toJsonSchema(schema),
      }
      declared.dropRest()
      return read
    })
    tool.dropRest()
    return functions
  })
}

const noInput = { type: 'object', properties: {} }

function readToolChoice(fields: Fields): Given<ToolChoice> | undefined {
  const config = fields.fields('toolConfig')
  const calling = config?.fields('functionCallingConfig')
  config?.dropRest()
  if (calling === undefined) return undefined
  const mode = calling.string('mode') ?? 'AUTO'
  const names = calling.strings('allowedFunctionNames')?.value ?? []
  calling.dropRest()
  return { value: toToolChoice(calling, mode.toUpperCase(), names), path: calling.path }
}

function toToolChoice(calling: Fields, mode: string, names: readonly string[]): ToolChoice {
  const [name] = names
  switch (mode) {
    case 'MODE_UNSPECIFIED':
    case 'AUTO':
      return { kind: 'auto' }
    case 'NONE':
      return { kind: 'none' }
    case 'ANY':
      if (name === undefined) return { kind: 'required' }
      return names.length === 1 ? { kind: 'tool', name } : { kind: 'allowed', names, isRequired: true }
    case 'VALIDATED':
      // Others do not promise a valid call without a strict schema.
      calling.drop('mode')
      return name === undefined ? { kind: 'auto' } : { kind: 'allowed', names, isRequired: false }
    default:
      return calling.refuse('mode', 'Send `AUTO`, `ANY`, `NONE` or `VALIDATED`.')
  }
}

function readSettings(fields: Fields): Settings {
  const toolChoice = readToolChoice(fields)
  const tier = fields.string('serviceTier')?.toLowerCase()
  const config = fields.fields('generationConfig')
  const settings = config === undefined ? {} : readConfig(config)
  config?.dropRest()
  return {
    ...settings,
    toolChoice,
    ...(tier !== undefined && {
      openai: {
        service_tier: { value: tier === 'standard' ? 'default' : tier, path: fields.at('serviceTier') },
      },
    }),
  }
}

function readConfig(config: Fields): Settings {
  refuseOutputs(config)
  const logprobs = config.flag('responseLogprobs')
  const alternatives = config.number('logprobs')
  return {
    maxTokens: config.number('maxOutputTokens'),
    temperature: config.number('temperature'),
    topP: config.number('topP'),
    topK: config.number('topK'),
    stop: config.strings('stopSequences'),
    seed: config.number('seed'),
    presencePenalty: config.number('presencePenalty'),
    frequencyPenalty: config.number('frequencyPenalty'),
    topLogprobs: logprobs?.value === true ? { value: alternatives?.value ?? 0, path: logprobs.path } : undefined,
    responseFormat: readFormat(config),
    ...readThinking(config.fields('thinkingConfig')),
  }
}

/** Refuses what the response of another dialect cannot hold. */
function refuseOutputs(config: Fields): void {
  const candidates = config.number('candidateCount')
  if (candidates !== undefined && candidates.value > 1)
    config.refuse('candidateCount', 'A reply has one candidate there. Send several calls.')
  const modalities = config.strings('responseModalities')
  if (modalities?.value.some((modality) => !/^(?:text|modality_unspecified)$/i.test(modality)))
    config.refuse('responseModalities', 'Ask for text only.')
  if (config.take('responseFormat') !== undefined)
    config.refuse('responseFormat', 'Send `responseMimeType` and `responseJsonSchema`.')
}

function readFormat(config: Fields): Given<ResponseFormat> | undefined {
  const type = config.string('responseMimeType') ?? 'text/plain'
  const own = config.object('responseSchema')
  const known = config.object('responseJsonSchema') ?? config.object('_responseJsonSchema')
  const path = config.at(own !== undefined ? 'responseSchema' : known ? 'responseJsonSchema' : 'responseMimeType')
  const schema = own === undefined ? known : toJsonSchema(own)
  if (type === 'text/plain' && schema === undefined) return undefined
  if (type !== 'application/json' && type !== 'text/plain')
    return config.refuse('responseMimeType', 'Send `application/json` with a schema.')
  return { value: schema === undefined ? { kind: 'json' } : { kind: 'schema', schema }, path }
}

/** A budget of -1 leaves it to the model, which is the default elsewhere. */
function readThinking(thinking: Fields | undefined): Pick<Settings, 'effort' | 'reasoningBudget' | 'showsReasoning'> {
  if (thinking === undefined) return {}
  const isUnspecified = thinking.string('thinkingLevel')?.toLowerCase() === 'thinking_level_unspecified'
  const budget = thinking.number('thinkingBudget')
  const found = {
    effort: isUnspecified ? undefined : readEffort(thinking, 'thinkingLevel'),
    reasoningBudget: budget !== undefined && budget.value >= 0 ? budget : undefined,
    showsReasoning: thinking.flag('includeThoughts'),
  }
  thinking.dropRest()
  return found
}
