import type { JsonObject } from '../../core/json.ts'
import { customInputSchema } from '../custom-input.ts'
import { type DroppedFields, notTranslatable } from '../fields.ts'
import { type ContentSource, requireContent } from '../media-url.ts'
import {
  allowedTools,
  type Effort,
  type Part,
  type Prompt,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
  toDescribedSchema,
} from '../prompt.ts'
import { SettingsReader } from '../settings-reader.ts'
import { checkToolInputs, toToolInput } from '../tool-input.ts'
import type { TargetFacts } from '../translator.ts'
import { generationOf, type ThinkingKind, thinkingOf } from './claude-generation.ts'

/** Writes a request of Anthropic's Messages. Source: https://platform.claude.com/docs/en/api/messages/create */
export function writeMessagesPrompt(prompt: Prompt, target: TargetFacts, dropped: DroppedFields): JsonObject {
  checkToolInputs(prompt.turns)
  checkTexts(prompt.turns)
  const settings = new SettingsReader(prompt.settings, dropped)
  const logprobs = settings.given('topLogprobs')
  if (logprobs !== undefined)
    throw notTranslatable(logprobs.path, 'Claude reports no log probabilities. Leave them out.')
  const choice = settings.take('toolChoice')
  const maxTokens = settings.take('maxTokens') ?? target.maxOutputTokens ?? defaultMaxTokens
  const thinking = writeThinking(settings, choice, maxTokens, target)
  const tools = allowedTools(prompt.tools, choice).map((tool) => writeTool(tool, dropped))
  const body: JsonObject = {
    model: target.model,
    max_tokens: maxTokens,
    ...(prompt.system.length > 0 && { system: writeSystem(prompt.system) }),
    // Anthropic refuses a message without content.
    messages: prompt.turns.flatMap(({ role, parts }) => {
      const content = writeParts(parts, dropped)
      return content.length === 0 ? [] : [{ role, content }]
    }),
    ...(tools.length > 0 && { tools, ...writeToolChoice(choice, settings.take('parallelToolCalls')) }),
    ...thinking.fields,
    ...writeFormat(settings, thinking.effort),
    ...writeSampling(settings, thinking.isEnabled, target),
    ...writeStop(settings),
    ...writeUser(settings),
    ...writeCaching(settings),
    ...(prompt.isStream && { stream: true }),
  }
  settings.dropRest()
  return body
}

/** Messages requires a limit. Every Claude model since 3 accepts this one. */
const defaultMaxTokens = 4_096

function writeSystem(parts: readonly TextPart[]): string | readonly JsonObject[] {
  const [first] = parts
  if (parts.length === 1 && first !== undefined && first.cacheControl === undefined) return first.text
  return parts.filter(({ text }) => text !== '').map(writeText)
}

function writeText({ text, cacheControl }: TextPart): JsonObject {
  return { type: 'text', text, ...(cacheControl && { cache_control: cacheControl.value }) }
}

/** The results of tools come first in their message, or Anthropic refuses it. */
function writeParts(parts: readonly Part[], dropped: DroppedFields): readonly JsonObject[] {
  const isResult = ({ kind }: Part) => kind === 'tool-result'
  const ordered = [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))]
  return ordered.flatMap((part) => {
    const block = writePart(part, dropped)
    if (block === undefined) return []
    return [part.cacheControl === undefined ? block : { ...block, cache_control: part.cacheControl.value }]
  })
}

/** Returns undefined for a part that is left out: empty text, and reasoning that another provider signed. */
function writePart(part: Part, dropped: DroppedFields): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
      return part.text === '' ? undefined : { type: 'text', text: part.text }
    case 'image':
      if (part.detail !== undefined) dropped.add(part.detail.path)
      return { type: 'image', source: writeSource(requireContent(part.source, part.path), part.path) }
    case 'file':
      return {
        type: 'document',
        source: writeSource(requireContent(part.source, part.path), part.path),
        ...(part.name !== undefined && { title: part.name.value }),
      }
    case 'audio':
      throw notTranslatable(part.path, 'Claude does not hear audio. Send its transcript as text.')
    case 'reasoning': {
      const { signature, text } = part
      if (signature?.dialect !== 'messages') {
        dropped.add(part.path)
        return undefined
      }
      if (signature.isRedacted === true) return { type: 'redacted_thinking', data: signature.value }
      return { type: 'thinking', thinking: text, signature: signature.value }
    }
    case 'tool-call':
      return { type: 'tool_use', id: toToolId(part.id), name: part.name, input: toToolInput(part) }
    case 'tool-result': {
      const content = part.parts.flatMap((each) => writePart(each, dropped) ?? [])
      return {
        type: 'tool_result',
        tool_use_id: toToolId(part.id),
        content,
        ...(part.isError && { is_error: true }),
      }
    }
  }
}

/** Anthropic accepts no other characters. */
function toToolId(id: string): string {
  return id.replace(/[^\w-]/g, '_')
}

function writeSource(source: ContentSource, path: string): JsonObject {
  if (source.kind === 'url') return { type: 'url', url: source.url }
  const { mediaType, data } = source
  if (mediaType === plainText)
    return { type: 'text', media_type: mediaType, data: new TextDecoder().decode(fromBase64(data, path)) }
  return { type: 'base64', media_type: mediaType, data }
}

const plainText = 'text/plain'

function fromBase64(data: string, path: string): Uint8Array {
  let binary: string
  try {
    binary = atob(data)
  } catch {
    throw notTranslatable(path, 'Its data is not base64.')
  }
  // A callback for each character takes ten times as long as a loop, and the memory of a list.
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/**
 * Maximum characters of base64 that are decoded in one step. No model accepts more: a million tokens are about four
 * million characters.
 */
const maxTextLength = 6 * 1_048_576

/** Refuses documents of plain text that are long together. */
function checkTexts(turns: readonly Turn[]): void {
  let length = 0
  const parts: readonly Part[] = turns.flatMap((turn) => turn.parts)
  const inResults = parts.flatMap((part) => (part.kind === 'tool-result' ? part.parts : []))
  for (const part of [...parts, ...inResults]) {
    if (part.kind !== 'file' || part.source.kind !== 'base64' || part.source.mediaType !== plainText) continue
    length += part.source.data.length
    if (length <= maxTextLength) continue
    throw notTranslatable(part.path, 'The text files exceed 4 MiB, more than a model reads. Send shorter ones.')
  }
}

/** A custom tool becomes a function with one string, `input`. */
function writeTool(
  { name, description, schema, isStrict, cacheControl, grammar }: Tool,
  dropped: DroppedFields,
): JsonObject {
  if (grammar !== undefined) dropped.add(grammar.path)
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: schema === undefined ? customInputSchema : { type: 'object', ...schema },
    ...(isStrict?.value === true && { strict: true }),
    ...(cacheControl && { cache_control: cacheControl.value }),
  }
}

function writeToolChoice(choice: ToolChoice | undefined, isParallel: boolean | undefined): JsonObject {
  const serial = isParallel === false && { disable_parallel_tool_use: true }
  switch (choice?.kind) {
    case undefined:
      return serial === false ? {} : { tool_choice: { type: 'auto', ...serial } }
    case 'none':
      return { tool_choice: { type: 'none' } }
    case 'tool':
      return { tool_choice: { type: 'tool', name: choice.name, ...serial } }
    case 'allowed':
      return { tool_choice: { type: choice.isRequired ? 'any' : 'auto', ...serial } }
    default:
      return { tool_choice: { type: choice?.kind === 'required' ? 'any' : 'auto', ...serial } }
  }
}

interface Thinking {
  readonly isEnabled: boolean
  readonly fields: JsonObject
  readonly effort?: Effort
}

/** Tokens of thinking for each effort, for models that need a number. */
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 31_999,
}

/** The rest of the limit is for the answer. */
const maxThinkingShare = 0.8

function writeThinking(
  settings: SettingsReader,
  choice: ToolChoice | undefined,
  maxTokens: number,
  target: TargetFacts,
): Thinking {
  const effort = settings.take('effort')
  const budget = settings.take('reasoningBudget')
  const shows = settings.take('showsReasoning')
  if (effort === undefined && budget === undefined) return { isEnabled: false, fields: {} }
  const kind = thinkingOf(target.model)
  if (effort === 'none' || budget === 0) return turnOff(settings, kind)
  // Anthropic refuses thinking beside a forced tool.
  if (choice?.kind === 'required' || choice?.kind === 'tool') {
    settings.drop('effort', 'reasoningBudget')
    return { isEnabled: false, fields: {} }
  }
  const display = shows === undefined ? {} : { display: shows ? 'summarized' : 'omitted' }
  if (kind !== 'budget') {
    if (budget !== undefined && effort === undefined) settings.drop('reasoningBudget')
    const known = effort === 'minimal' ? 'low' : effort
    return { isEnabled: true, fields: { thinking: { type: 'adaptive', ...display } }, ...(known && { effort: known }) }
  }
  if (shows === false) settings.drop('showsReasoning')
  const wanted = Math.max(budgets.minimal, budget ?? budgets[effort ?? 'medium'])
  // Thinking counts towards the limit, which is the caller's and is never raised.
  const tokens = Math.min(wanted, Math.floor(maxTokens * maxThinkingShare))
  if (tokens < budgets.minimal) {
    settings.drop('effort', 'reasoningBudget')
    return { isEnabled: false, fields: {} }
  }
  return { isEnabled: true, fields: { thinking: { type: 'enabled', budget_tokens: tokens } } }
}

function turnOff(settings: SettingsReader, kind: ThinkingKind): Thinking {
  if (kind !== 'always') return { isEnabled: false, fields: { thinking: { type: 'disabled' } } }
  settings.drop('effort', 'reasoningBudget')
  return { isEnabled: true, fields: {}, effort: 'low' }
}

function writeFormat(settings: SettingsReader, effort: Effort | undefined): JsonObject {
  const format = settings.given('responseFormat')
  if (format?.value.kind === 'json')
    throw notTranslatable(format.path, 'Claude has no JSON mode without a schema. Send `json_schema` with a schema.')
  const config = {
    ...(effort !== undefined && { effort }),
    ...(format?.value.kind === 'schema' && {
      format: { type: 'json_schema', schema: toDescribedSchema(format.value) },
    }),
  }
  return Object.keys(config).length === 0 ? {} : { output_config: config }
}

/** Claude 4.7 and later refuse the fields; earlier models refuse them beside thinking, and a temperature above 1. */
function writeSampling(settings: SettingsReader, isThinking: boolean, { model }: TargetFacts): JsonObject {
  if (isThinking || generationOf(model) > 4.6) return {}
  const temperature = settings.take('temperature')
  const topP = settings.take('topP')
  const topK = settings.take('topK')
  if (temperature !== undefined && temperature > 1) settings.drop('temperature')
  // Claude 4.5 accepts only one of the two.
  if (temperature !== undefined && topP !== undefined) settings.drop('topP')
  return {
    ...(temperature !== undefined && { temperature: Math.min(1, temperature) }),
    ...(topP !== undefined && temperature === undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  }
}

/** Anthropic refuses white space alone. */
function writeStop(settings: SettingsReader): JsonObject {
  const stop = settings.take('stop') ?? []
  const words = stop.filter((word) => word.trim() !== '')
  if (words.length < stop.length) settings.drop('stop')
  return words.length === 0 ? {} : { stop_sequences: words }
}

function writeUser(settings: SettingsReader): JsonObject {
  const user = settings.take('endUser')
  return user === undefined ? {} : { metadata: { user_id: user } }
}

/** OpenAI caches every prompt; Anthropic caches those that ask for it. Source: …/build-with-claude/prompt-caching */
function writeCaching(settings: SettingsReader): JsonObject {
  const own = settings.take('cacheControl')
  const key = settings.take('promptCacheKey')
  if (own !== undefined) return { cache_control: own }
  return key === undefined ? {} : { cache_control: { type: 'ephemeral' } }
}
