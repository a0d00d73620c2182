import type { JsonObject } from '../../core/json.ts'
import { customInputSchema } from '../custom-input.ts'
import { type DroppedFields, notTranslatable } from '../fields.ts'
import { type ContentSource, requireContent } from '../media-url.ts'
import {
  allowedTools,
  dropCacheControl,
  type FilePart,
  type ImagePart,
  type Part,
  type Prompt,
  type Settings,
  type Tool,
  type ToolCallPart,
  type ToolChoice,
  type ToolResultPart,
  type Turn,
  toDescribedSchema,
} from '../prompt.ts'
import { SettingsReader } from '../settings-reader.ts'
import { checkToolInputs, toToolInput } from '../tool-input.ts'
import type { TargetFacts } from '../translator.ts'
import { acceptsPenalties, requiresSignatures, seesResults, toThinking } from './gemini-generation.ts'
import { withoutConstants } from './json-schema.ts'
import { placeholderSignature, toThoughtSignature } from './thought-signature.ts'

/** Writes a request of Gemini's generateContent. Source: https://ai.google.dev/api/generate-content, read on 2026-11-30. */
export function writeGeminiPrompt(prompt: Prompt, target: TargetFacts, dropped: DroppedFields): JsonObject {
  checkToolInputs(prompt.turns)
  const { serviceTier, others } = readTier(prompt.settings)
  const settings = new SettingsReader(others, dropped)
  const names = readCallNames(prompt.turns)
  const instructions = prompt.system.filter(({ text }) => text !== '')
  const config = {
    ...writeSampling(settings, target),
    ...writeFormat(settings),
    ...writeThinking(settings, target),
  }
  const body: JsonObject = {
    contents: prompt.turns.flatMap(({ role, parts }) => {
      const written =
        role === 'assistant' ? writeModel(parts, target, dropped) : writeUser(parts, names, target, dropped)
      return written.length === 0 ? [] : [{ role: role === 'assistant' ? 'model' : 'user', parts: written }]
    }),
    ...(instructions.length > 0 && { systemInstruction: { parts: instructions.map(({ text }) => ({ text })) } }),
    ...writeTools(prompt.tools, settings, dropped),
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
    ...(serviceTier !== undefined && { serviceTier }),
  }
  settings.dropRest()
  dropCacheControl(prompt, dropped)
  return body
}

/** Takes OpenAI's tier out of the settings, where Google has one of the same meaning. */
function readTier(settings: Settings): { readonly serviceTier: string | undefined; readonly others: Settings } {
  const { service_tier: given, ...openai } = settings.openai ?? {}
  const name = given?.value
  if (name === 'auto' || name === 'default') return { serviceTier: undefined, others: { ...settings, openai } }
  const tier = name === 'fast' ? 'priority' : name
  if (tier !== 'flex' && tier !== 'priority') return { serviceTier: undefined, others: settings }
  return { serviceTier: tier, others: { ...settings, openai } }
}

/** The result of a function has its name, not only the id of its call. */
function readCallNames(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ parts }) => parts.filter((part) => part.kind === 'tool-call'))
  return new Map(calls.map(({ id, name }) => [id, name]))
}

/**
 * Writes what the model said. A signature returns on the part that it came with: the first call after it, else the first
 * text. Source: https://ai.google.dev/gemini-api/docs/thought-signatures, read on 2026-11-30.
 */
function writeModel(parts: readonly Part[], { model }: TargetFacts, dropped: DroppedFields): readonly JsonObject[] {
  const written: JsonObject[] = []
  const precedesCall = findBeforeCalls(parts)
  let needsSignature = requiresSignatures(model)
  let signature: string | undefined
  for (const [at, part] of parts.entries()) {
    if (part.kind === 'reasoning') {
      const next = parts[at + 1]
      const isBeforeSignature = part.signature === undefined && next !== undefined && isSigned(next)
      if (!isSigned(part) && !isBeforeSignature) {
        dropped.add(part.path)
        continue
      }
      if (signature !== undefined) written.push({ text: '', thoughtSignature: signature })
      signature = part.signature && toThoughtSignature(part.signature)
      if (part.text !== '') written.push({ text: part.text, thought: true })
    } else if (part.kind === 'text') {
      if (part.text === '') continue
      const isOwner = signature !== undefined && precedesCall[at] !== true
      written.push({ text: part.text, ...(isOwner && { thoughtSignature: signature }) })
      if (isOwner) signature = undefined
    } else if (part.kind === 'tool-call') {
      const thoughtSignature = signature ?? (needsSignature ? placeholderSignature : undefined)
      written.push({ functionCall: writeCall(part), ...(thoughtSignature !== undefined && { thoughtSignature }) })
      signature = undefined
      // Of calls in parallel, only the first has one.
      needsSignature = false
    } else written.push(...writeMedia(part, dropped))
  }
  return signature === undefined ? written : [...written, { text: '', thoughtSignature: signature }]
}

/** Returns for each part whether a call follows before the next reasoning of Gemini's. */
function findBeforeCalls(parts: readonly Part[]): readonly boolean[] {
  let isBeforeCall = false
  const found = [...parts].reverse().map((part) => {
    const isBefore = isBeforeCall
    if (part.kind === 'tool-call') isBeforeCall = true
    else if (isSigned(part)) isBeforeCall = false
    return isBefore
  })
  return found.reverse()
}

function isSigned(part: Part): boolean {
  return part.kind === 'reasoning' && part.signature?.dialect === 'gemini'
}

function writeCall(call: ToolCallPart): JsonObject {
  return { id: call.id, name: call.name, args: toToolInput(call) }
}

/** The results of functions come first in their turn. */
function writeUser(
  parts: readonly Part[],
  names: ReadonlyMap<string, string>,
  target: TargetFacts,
  dropped: DroppedFields,
): readonly JsonObject[] {
  const results: JsonObject[] = []
  const others: JsonObject[] = []
  for (const part of parts) {
    if (part.kind === 'text') {
      if (part.text !== '') others.push({ text: part.text })
    } else if (part.kind === 'tool-result') {
      const { response, beside } = writeResult(part, names, target, dropped)
      results.push(response)
      for (const each of beside) others.push(each)
    } else if (part.kind === 'reasoning' || part.kind === 'tool-call') dropped.add(part.path)
    else others.push(...writeMedia(part, dropped))
  }
  return [...results, ...others]
}

/** Google has no URLs within a result, and before Gemini 3 no media: they follow it. */
function writeResult(
  { id, path, parts, isError }: ToolResultPart,
  names: ReadonlyMap<string, string>,
  { model }: TargetFacts,
  dropped: DroppedFields,
): { readonly response: JsonObject; readonly beside: readonly JsonObject[] } {
  const name = names.get(id)
  if (name === undefined) throw notTranslatable(path, 'No call has this id. Send the call before its result.')
  const text = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
  const media = parts.filter((part) => part.kind !== 'text')
  const isWithin = (part: ImagePart | FilePart) => seesResults(model) && part.source.kind === 'base64'
  const within = media.filter(isWithin).flatMap((part) => writeMedia(part, dropped))
  const response = {
    functionResponse: {
      id,
      name,
      response: isError ? { error: text } : { output: text },
      ...(within.length > 0 && { parts: within }),
    },
  }
  return {
    response,
    beside: media.filter((part) => !isWithin(part)).flatMap((part) => writeMedia(part, dropped)),
  }
}

function writeMedia(part: Part, dropped: DroppedFields): readonly JsonObject[] {
  switch (part.kind) {
    case 'image':
      if (part.detail !== undefined) dropped.add(part.detail.path)
      return [writeSource(requireContent(part.source, part.path))]
    case 'file':
      if (part.name !== undefined) dropped.add(part.name.path)
      return [writeSource(requireContent(part.source, part.path))]
    case 'audio':
      return [{ inlineData: { mimeType: `audio/${part.format}`, data: part.data } }]
    default:
      dropped.add(part.path)
      return []
  }
}

/** Google fetches public URLs. Source: https://ai.google.dev/gemini-api/docs/file-input-methods, read on 2026-11-30. */
function writeSource(source: ContentSource): JsonObject {
  if (source.kind === 'base64') return { inlineData: { mimeType: source.mediaType, data: source.data } }
  const mimeType = typeOfName(source.url)
  return { fileData: { ...(mimeType !== undefined && { mimeType }), fileUri: source.url } }
}

function typeOfName(url: string): string | undefined {
  const [, ending = ''] = /\.([a-z]{3,4})(?:[?#]|$)/i.exec(url) ?? []
  return types[ending.toLowerCase()]
}

const types: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
}

function writeTools(tools: readonly Tool[], settings: SettingsReader, dropped: DroppedFields): JsonObject {
  const choice = settings.take('toolChoice')
  // Gemini calls in parallel by default, and cannot be told not to.
  if (settings.take('parallelToolCalls') === false) settings.drop('parallelToolCalls')
  const offered = allowedTools(tools, choice)
  if (offered.length === 0) return {}
  const isStrict = offered.some((tool) => tool.isStrict?.value === true)
  return {
    tools: [{ functionDeclarations: offered.map((tool) => writeTool(tool, dropped)) }],
    ...((choice !== undefined || isStrict) && {
      toolConfig: { functionCallingConfig: writeToolChoice(choice ?? { kind: 'auto' }, isStrict) },
    }),
  }
}

/** A custom tool becomes a function with one string, `input`. */
function writeTool({ name, description, schema, cacheControl, grammar }: Tool, dropped: DroppedFields): JsonObject {
  for (const given of [cacheControl, grammar]) if (given !== undefined) dropped.add(given.path)
  return {
    name,
    ...(description !== undefined && { description }),
    parametersJsonSchema: schema ?? customInputSchema,
  }
}

/**
 * Google has no strict function, but a mode for all of them: `VALIDATED` lets the model choose, and holds a call to its
 * schema, as `ANY` always does. Source: https://ai.google.dev/gemini-api/docs/function-calling, read on 2026-11-30.
 */
function writeToolChoice(choice: ToolChoice, isStrict: boolean): JsonObject {
  const free = isStrict ? 'VALIDATED' : 'AUTO'
  switch (choice.kind) {
    case 'none':
      return { mode: 'NONE' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
    case 'required':
      return { mode: 'ANY' }
    case 'allowed':
      return { mode: choice.isRequired ? 'ANY' : free }
    default:
      return { mode: free }
  }
}

function writeSampling(settings: SettingsReader, { model }: TargetFacts): JsonObject {
  const alternatives = settings.take('topLogprobs')
  const found = {
    maxOutputTokens: settings.take('maxTokens'),
    temperature: settings.take('temperature'),
    topP: settings.take('topP'),
    topK: settings.take('topK'),
    stopSequences: settings.take('stop'),
    seed: settings.take('seed'),
    ...(acceptsPenalties(model) && {
      presencePenalty: settings.take('presencePenalty'),
      frequencyPenalty: settings.take('frequencyPenalty'),
    }),
    responseLogprobs: alternatives === undefined ? undefined : true,
    logprobs: alternatives === 0 ? undefined : alternatives,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/** Source: https://ai.google.dev/gemini-api/docs/structured-output, read on 2026-11-30. */
function writeFormat(settings: SettingsReader): JsonObject {
  const format = settings.take('responseFormat')
  if (format === undefined) return {}
  return {
    responseMimeType: 'application/json',
    ...(format.kind === 'schema' && { responseJsonSchema: withoutConstants(toDescribedSchema(format)) }),
  }
}

function writeThinking(settings: SettingsReader, { model }: TargetFacts): JsonObject {
  const effort = settings.take('effort')
  const budget = settings.take('reasoningBudget')
  const shows = settings.take('showsReasoning')
  const isAsked = effort !== undefined || budget !== undefined
  const thinking = isAsked ? toThinking(model, effort, budget) : undefined
  if (isAsked && (thinking === undefined || thinking.isShort)) {
    settings.drop('effort', 'reasoningBudget')
  }
  // A caller that asks for reasoning sees it, unless it says otherwise.
  const includesThoughts = shows ?? (thinking !== undefined && effort !== 'none' && budget !== 0)
  if (thinking === undefined && !includesThoughts) return {}
  return { thinkingConfig: { ...thinking?.fields, ...(includesThoughts && { includeThoughts: true }) } }
}
