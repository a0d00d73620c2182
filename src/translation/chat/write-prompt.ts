import type { JsonObject } from '../../core/json.ts'
import { customInputSchema } from '../custom-input.ts'
import { DroppedFields, notTranslatable } from '../fields.ts'
import { requireContent, toMediaUrl } from '../media-url.ts'
import { takeEffort, writeNames, writeSchemaFormat } from '../openai-fields.ts'
import { acceptsEffort, isOpenAIReasoner, toOpenAIEffort } from '../openai-models.ts'
import {
  allowedTools,
  dropCacheControl,
  type Part,
  type Prompt,
  type ResponseFormat,
  type Tool,
  type ToolCallPart,
  type ToolChoice,
  type Turn,
} from '../prompt.ts'
import { SettingsReader } from '../settings-reader.ts'
import type { TargetFacts } from '../translator.ts'

/** Writes a request of chat completions. Source: https://platform.openai.com/docs/api-reference/chat/create */
export function writeChatPrompt(prompt: Prompt, target: TargetFacts, dropped: DroppedFields): JsonObject {
  const settings = new SettingsReader(prompt.settings, dropped)
  const maxTokens = settings.take('maxTokens')
  const format = settings.take('responseFormat')
  const instructions = prompt.system.map(({ text }) => text).filter((text) => text !== '')
  const body: JsonObject = {
    model: target.model,
    messages: [
      ...(instructions.length === 0 ? [] : [{ role: 'system', content: instructions.join('\n\n') }]),
      ...prompt.turns.flatMap((turn) => writeTurn(turn, target, dropped)),
    ],
    ...(maxTokens !== undefined && { [target.limitField ?? 'max_tokens']: maxTokens }),
    ...writeTools(prompt.tools, settings, target, dropped),
    ...(format !== undefined && { response_format: writeFormat(format) }),
    ...writeReasoning(settings, target),
    ...writeSampling(settings, target),
    ...writeLogprobs(settings),
    ...writeNames(settings),
    ...settings.openai(),
    ...(prompt.isStream && { stream: true }),
  }
  settings.dropRest()
  dropCacheControl(prompt, dropped)
  return body
}

/** The results of tools are messages of their own, before the rest of their turn. */
function writeTurn({ role, parts }: Turn, target: TargetFacts, dropped: DroppedFields): readonly JsonObject[] {
  if (role === 'assistant') return [writeAssistant(parts, target, dropped)]
  const results = parts.filter((part) => part.kind === 'tool-result')
  // A tool message holds text only; its pictures follow in the user's message.
  const pictures = results.flatMap((result) => result.parts.filter(({ kind }) => kind !== 'text'))
  const others = [...pictures, ...parts.filter((part) => part.kind !== 'tool-result')]
  return [
    ...results.map((result) => {
      if (result.isError) dropped.add(`${result.path}.is_error`)
      return { role: 'tool', tool_call_id: result.id, content: joinTexts(result.parts) }
    }),
    ...(others.length === 0 ? [] : [{ role: 'user', content: writeContent(others, dropped) }]),
  ]
}

function writeAssistant(parts: readonly Part[], target: TargetFacts, dropped: DroppedFields): JsonObject {
  const calls = parts.filter((part) => part.kind === 'tool-call')
  const reasoning = parts.filter((part) => part.kind === 'reasoning')
  for (const { signature, path } of reasoning)
    if (signature !== undefined) dropped.add(`${path}.${signature.isRedacted === true ? 'data' : 'signature'}`)
  const thought = joinTexts(reasoning)
  const text = joinTexts(parts.filter((part) => part.kind === 'text'))
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    // DeepSeek and Kimi refuse the results of tools without the reasoning that called them.
    // Source: https://api-docs.deepseek.com/guides/thinking_mode, read on 2026-11-30.
    ...(thought !== '' && { reasoning_content: thought }),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => writeCall(call, target)) }),
  }
}

function writeCall({ id, name, input, isCustom }: ToolCallPart, { isChosen }: TargetFacts): JsonObject {
  if (isCustom === true && isChosen === false) return { id, type: 'custom', custom: { name, input } }
  const text = isCustom === true ? JSON.stringify({ input }) : input === '' ? '{}' : input
  return { id, type: 'function', function: { name, arguments: text } }
}

function joinTexts(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' || part.kind === 'reasoning' ? part.text : '')).join('')
}

/** Some servers accept a list only with pictures. */
function writeContent(parts: readonly Part[], dropped: DroppedFields): string | readonly JsonObject[] {
  const [first] = parts
  if (parts.length === 1 && first?.kind === 'text') return first.text
  return parts.flatMap((part) => {
    const written = writePart(part)
    if (written !== undefined) return [written]
    dropped.add(part.path)
    return []
  })
}

function writePart(part: Part): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image': {
      const url = toMediaUrl(requireContent(part.source, part.path))
      return { type: 'image_url', image_url: { url, ...(part.detail && { detail: part.detail.value }) } }
    }
    case 'file': {
      const source = requireContent(part.source, part.path)
      if (source.kind === 'url') throw notTranslatable(part.path, 'Send the content of the file as base64 data.')
      return {
        type: 'file',
        file: { file_data: toMediaUrl(source), filename: part.name?.value ?? 'document' },
      }
    }
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
    default:
      return undefined
  }
}

function writeTools(
  tools: readonly Tool[],
  settings: SettingsReader,
  target: TargetFacts,
  dropped: DroppedFields,
): JsonObject {
  const choice = settings.take('toolChoice')
  const isParallel = settings.take('parallelToolCalls')
  const offered = allowedTools(tools, choice)
  if (offered.length === 0) return {}
  return {
    tools: offered.map((tool) => (target.isChosen === false ? writeOwnTool(tool) : writeTool(tool, dropped))),
    ...(choice !== undefined && { tool_choice: writeToolChoice(choice, target.isChosen === false ? offered : []) }),
    ...(isParallel !== undefined && { parallel_tool_calls: isParallel }),
  }
}

/** Writes a tool that stays a custom one, with its grammar nested. */
function writeOwnTool(tool: Tool): JsonObject {
  const { name, description, schema, grammar } = tool
  if (schema !== undefined) return writeTool(tool, new DroppedFields())
  const { type, ...others } = grammar?.value ?? {}
  return {
    type: 'custom',
    custom: {
      name,
      ...(description !== undefined && { description }),
      ...(grammar !== undefined && { format: { type, grammar: others } }),
    },
  }
}

/** A custom tool becomes a function with one string, `input`, because only OpenAI's own server has custom tools. */
function writeTool(
  { name, description, schema, isStrict, cacheControl, grammar }: Tool,
  dropped: DroppedFields,
): JsonObject {
  if (grammar !== undefined) dropped.add(grammar.path)
  if (cacheControl !== undefined) dropped.add(cacheControl.path)
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: schema ?? customInputSchema,
      ...(isStrict !== undefined && { strict: isStrict.value }),
    },
  }
}

function writeToolChoice(choice: ToolChoice, own: readonly Tool[]): string | JsonObject {
  if (choice.kind === 'tool' && own.some(({ name, schema }) => name === choice.name && schema === undefined))
    return { type: 'custom', custom: { name: choice.name } }
  if (choice.kind === 'tool') return { type: 'function', function: { name: choice.name } }
  if (choice.kind === 'allowed') return choice.isRequired ? 'required' : 'auto'
  return choice.kind
}

function writeFormat(format: ResponseFormat): JsonObject {
  if (format.kind === 'json') return { type: 'json_object' }
  return { type: 'json_schema', json_schema: writeSchemaFormat(format) }
}

function writeReasoning(settings: SettingsReader, { model, isChosen }: TargetFacts): JsonObject {
  const effort = takeEffort(settings)
  // A server shows the reasoning, or keeps it to itself.
  if (settings.take('showsReasoning') === false) settings.drop('showsReasoning')
  if (effort === undefined) return {}
  if (isChosen === false || acceptsEffort(model)) return { reasoning_effort: toOpenAIEffort(effort) }
  settings.drop('effort', 'reasoningBudget')
  return {}
}

function writeSampling(settings: SettingsReader, { model }: TargetFacts): JsonObject {
  const seed = settings.take('seed')
  const stop = settings.take('stop')
  const fixed = isOpenAIReasoner(model)
    ? {}
    : {
        temperature: settings.take('temperature'),
        top_p: settings.take('topP'),
        presence_penalty: settings.take('presencePenalty'),
        frequency_penalty: settings.take('frequencyPenalty'),
      }
  const found = { ...fixed, seed, stop }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

function writeLogprobs(settings: SettingsReader): JsonObject {
  const alternatives = settings.take('topLogprobs')
  if (alternatives === undefined) return {}
  return { logprobs: true, ...(alternatives > 0 && { top_logprobs: alternatives }) }
}
