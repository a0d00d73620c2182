import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type DroppedFields, notTranslatable } from '../fields.ts'
import { requireContent, toMediaUrl } from '../media-url.ts'
import { takeEffort, writeNames, writeSchemaFormat } from '../openai-fields.ts'
import { acceptsEffort, isOpenAIReasoner, toOpenAIEffort } from '../openai-models.ts'
import {
  dropCacheControl,
  type Part,
  type Prompt,
  type ReasoningPart,
  type ResponseFormat,
  type Tool,
  type ToolChoice,
  type Turn,
} from '../prompt.ts'
import { SettingsReader } from '../settings-reader.ts'
import type { TargetFacts } from '../translator.ts'

/**
 * Writes a request of Responses, which keeps no state at the provider: the response includes its reasoning, encrypted,
 * and the caller sends it back. Sources, read on 2026-11-30:
 * https://platform.openai.com/docs/api-reference/responses/create,
 * https://developers.openai.com/api/docs/guides/reasoning
 */
export function writeResponsesPrompt(prompt: Prompt, target: TargetFacts, dropped: DroppedFields): JsonObject {
  const settings = new SettingsReader(prompt.settings, dropped)
  const { verbosity, store, ...own } = settings.openai()
  if (store === true) dropped.add('store')
  const instructions = prompt.system.map(({ text }) => text).filter((text) => text !== '')
  const body: JsonObject = {
    model: target.model,
    ...(instructions.length > 0 && { instructions: instructions.join('\n\n') }),
    input: writeTurns(prompt.turns, dropped),
    store: false,
    ...writeIncluded(settings, target),
    ...writeLimit(settings, target),
    ...writeTools(prompt.tools, settings, dropped),
    ...writeText(settings.take('responseFormat'), verbosity),
    ...writeReasoning(settings, target),
    ...writeSampling(settings, target),
    ...writeNames(settings),
    ...own,
    ...(prompt.isStream && { stream: true }),
  }
  settings.dropRest()
  dropCacheControl(prompt, dropped)
  return body
}

function writeTurns(turns: readonly Turn[], dropped: DroppedFields): readonly JsonObject[] {
  const customIds = new Set<string>()
  for (const { parts } of turns)
    for (const part of parts) if (part.kind === 'tool-call' && part.isCustom === true) customIds.add(part.id)
  return turns.flatMap(({ role, parts }) => {
    const items: JsonObject[] = []
    let content: JsonObject[] = []
    const endMessage = (): void => {
      if (content.length > 0) items.push({ type: 'message', role, content })
      content = []
    }
    for (const part of role === 'assistant' ? withoutLastReasoning(parts, dropped) : parts) {
      const item = writeItem(part, customIds, dropped)
      if (item === 'message') content.push(...writeContent(part, role, dropped))
      else {
        endMessage()
        items.push(...item)
      }
    }
    endMessage()
    return items
  })
}

/** OpenAI refuses reasoning that no text or call follows, as a response has it that was cut short. */
function withoutLastReasoning(parts: readonly Part[], dropped: DroppedFields): readonly Part[] {
  const last = parts.findLastIndex((part) => part.kind === 'tool-call' || (part.kind === 'text' && part.text !== ''))
  for (const { kind, path } of parts.slice(last + 1)) if (kind !== 'text') dropped.add(path)
  return parts.slice(0, last + 1)
}

/** Returns the items of a part, or `message` for a part that is content of a message. */
function writeItem(
  part: Part,
  customIds: ReadonlySet<string>,
  dropped: DroppedFields,
): 'message' | readonly JsonObject[] {
  switch (part.kind) {
    case 'tool-call': {
      const { id, name, input, isCustom } = part
      if (isCustom === true) return [{ type: 'custom_tool_call', call_id: id, name, input }]
      return [{ type: 'function_call', call_id: id, name, arguments: input === '' ? '{}' : input }]
    }
    case 'tool-result': {
      if (part.isError) dropped.add(`${part.path}.is_error`)
      const type = customIds.has(part.id) ? 'custom_tool_call_output' : 'function_call_output'
      const output = part.parts.every((each) => each.kind === 'text')
        ? part.parts.map(({ text }) => text).join('')
        : part.parts.flatMap((each) => writeContent(each, 'user', dropped))
      return [{ type, call_id: part.id, output }]
    }
    case 'reasoning':
      return writeReasoningItem(part, dropped)
    default:
      return 'message'
  }
}

/** Only OpenAI's own reasoning is sent back. */
function writeReasoningItem({ path, text, signature }: ReasoningPart, dropped: DroppedFields): readonly JsonObject[] {
  if (signature?.dialect !== 'responses') {
    dropped.add(path)
    return []
  }
  const { id, value } = signature
  return [
    {
      type: 'reasoning',
      ...(id !== undefined && { id }),
      summary: text === '' ? [] : [{ type: 'summary_text', text }],
      encrypted_content: value,
    },
  ]
}

function writeContent(part: Part, role: Turn['role'], dropped: DroppedFields): readonly JsonObject[] {
  switch (part.kind) {
    case 'text':
      if (part.text === '') return []
      return [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: part.text }]
    case 'image': {
      const url = toMediaUrl(requireContent(part.source, part.path))
      return [{ type: 'input_image', image_url: url, detail: part.detail?.value ?? 'auto' }]
    }
    case 'file': {
      const source = requireContent(part.source, part.path)
      const filename = part.name?.value ?? 'document'
      if (source.kind === 'base64') return [{ type: 'input_file', filename, file_data: toMediaUrl(source) }]
      // OpenAI takes the name from the URL, and refuses another.
      if (part.name !== undefined) dropped.add(part.name.path)
      return [{ type: 'input_file', file_url: source.url }]
    }
    case 'audio':
      throw notTranslatable(part.path, 'Responses do not hear audio. Send its transcript as text.')
    default:
      return []
  }
}

function writeIncluded(settings: SettingsReader, { model }: TargetFacts): JsonObject {
  const alternatives = settings.take('topLogprobs')
  const include = [
    ...(isOpenAIReasoner(model) ? ['reasoning.encrypted_content'] : []),
    ...(alternatives === undefined ? [] : ['message.output_text.logprobs']),
  ]
  return {
    ...(include.length > 0 && { include }),
    ...(alternatives !== undefined && alternatives > 0 && { top_logprobs: alternatives }),
  }
}

/** OpenAI refuses a lower limit, and one above the model's own. */
const minLimit = 16

function writeLimit(settings: SettingsReader, { limitField, maxOutputTokens }: TargetFacts): JsonObject {
  const limit = settings.take('maxTokens')
  if (limit === undefined) return {}
  const tokens = Math.min(limit, maxOutputTokens ?? Number.POSITIVE_INFINITY)
  return { [limitField ?? 'max_output_tokens']: Math.max(minLimit, tokens) }
}

function writeTools(tools: readonly Tool[], settings: SettingsReader, dropped: DroppedFields): JsonObject {
  const choice = settings.take('toolChoice')
  const isParallel = settings.take('parallelToolCalls')
  if (tools.length === 0) return {}
  return {
    tools: tools.map((tool) => writeTool(tool, dropped)),
    ...(choice !== undefined && { tool_choice: writeToolChoice(choice, tools) }),
    ...(isParallel !== undefined && { parallel_tool_calls: isParallel }),
  }
}

function writeTool(
  { name, description, schema, isStrict, cacheControl, grammar }: Tool,
  dropped: DroppedFields,
): JsonObject {
  if (cacheControl !== undefined) dropped.add(cacheControl.path)
  const named = { name, ...(description !== undefined && { description }) }
  if (schema === undefined)
    return { type: 'custom', ...named, ...(grammar !== undefined && { format: toFormat(grammar.value) }) }
  return {
    type: 'function',
    ...named,
    // OpenAI refuses an object without properties.
    parameters: { type: 'object', properties: {}, ...schema },
    // Strict is the default of Responses, which refuses schemas that other dialects accept.
    strict: isStrict?.value ?? false,
  }
}

/** A chat nests the grammar of a custom tool, Responses do not. */
function toFormat(format: JsonObject): JsonObject {
  const { grammar, ...rest } = format
  return isJsonObject(grammar) ? { ...rest, ...grammar } : format
}

function writeToolChoice(choice: ToolChoice, tools: readonly Tool[]): string | JsonObject {
  const customs = new Set(tools.flatMap(({ name, schema }) => (schema === undefined ? [name] : [])))
  const toNamed = (name: string): JsonObject => ({ type: customs.has(name) ? 'custom' : 'function', name })
  if (choice.kind === 'tool') return toNamed(choice.name)
  if (choice.kind !== 'allowed') return choice.kind
  return { type: 'allowed_tools', mode: choice.isRequired ? 'required' : 'auto', tools: choice.names.map(toNamed) }
}

function writeText(format: ResponseFormat | undefined, verbosity: unknown): JsonObject {
  if (format === undefined && verbosity === undefined) return {}
  return {
    text: {
      ...(format !== undefined && { format: writeFormat(format) }),
      ...(verbosity !== undefined && { verbosity }),
    },
  }
}

function writeFormat(format: ResponseFormat): JsonObject {
  if (format.kind === 'json') return { type: 'json_object' }
  return { type: 'json_schema', ...writeSchemaFormat(format) }
}

function writeReasoning(settings: SettingsReader, { model }: TargetFacts): JsonObject {
  const effort = takeEffort(settings)
  const shows = settings.take('showsReasoning') === true
  if (!acceptsEffort(model)) {
    settings.drop('effort', 'reasoningBudget')
    return {}
  }
  const reasoning = {
    ...(effort !== undefined && { effort: toOpenAIEffort(effort) }),
    // Other servers show their reasoning without it.
    ...(shows && isOpenAIReasoner(model) && { summary: 'auto' }),
  }
  return Object.keys(reasoning).length === 0 ? {} : { reasoning }
}

function writeSampling(settings: SettingsReader, { model }: TargetFacts): JsonObject {
  if (isOpenAIReasoner(model)) return {}
  const temperature = settings.take('temperature')
  const topP = settings.take('topP')
  return { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { top_p: topP }) }
}
