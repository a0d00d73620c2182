import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { field, listOf } from '../../dialects/gemini-format.ts'
import { checkListLength, type DemoCall, readCount } from './call.ts'
import { embedText } from './embeddings.ts'
import { countInputTokens, countWords, type Output, planOutputs, type Turn } from './plan-output.ts'
import { type Frame, type Reply, toDataEvent, toEventReply, toJsonReply } from './reply.ts'

const generationConfig = field('generationConfig')
const maxOutputTokens = field('maxOutputTokens')
const candidateCount = field('candidateCount')
const stopSequences = field('stopSequences')
const responseMimeType = field('responseMimeType')
const responseSchema = field('responseSchema')
const responseJsonSchema = field('responseJsonSchema')
const systemInstruction = field('systemInstruction')
const functionDeclarations = field('functionDeclarations')
const parametersJsonSchema = field('parametersJsonSchema')
const toolConfig = field('toolConfig')
const functionCallingConfig = field('functionCallingConfig')
const allowedFunctionNames = field('allowedFunctionNames')
const functionResponse = field('functionResponse')
const inlineData = field('inlineData')
const fileData = field('fileData')
const mimeType = field('mimeType')
const generateContentRequest = field('generateContentRequest')
const outputDimensionality = field('outputDimensionality')

/** Google's maximum number of candidates. */
const maxCandidates = 8
/** Google's maximum number of texts of one batch. */
const maxTexts = 100
const defaultDimensions = 768
const maxDimensions = 3_072

/** `POST /models/{model}:generateContent`, Gemini's. */
export function answerContent(call: DemoCall): Reply {
  const { body, model, isStream } = call
  const config = generationConfig(body)
  const schema = responseJsonSchema(config) ?? toJsonSchema(responseSchema(config))
  const isJson = responseMimeType(config) === 'application/json'
  const outputs = planOutputs(
    {
      model,
      turns: readTurns(body.contents),
      tools: readTools(body.tools),
      toolChoice: readToolChoice(functionCallingConfig(toolConfig(body))),
      format: isJson ? { type: schema === undefined ? 'json_object' : 'json_schema', schema } : undefined,
      maxTokens: maxOutputTokens(config),
      stop: stopSequences(config),
    },
    readCount(candidateCount(config), maxCandidates),
  )
  return isStream ? toEventReply(toEvents(call, outputs)) : toJsonReply(toResponse(call, outputs))
}

/** `POST /models/{model}:countTokens`. */
export function countContentTokens({ body }: DemoCall): Reply {
  const inner = generateContentRequest(body)
  return toJsonReply({ totalTokens: countInput(isJsonObject(inner) ? inner : body) })
}

/** `POST /models/{model}:embedContent`. */
export function embedOneContent({ body }: DemoCall): Reply {
  return toJsonReply({ embedding: embed(body), usageMetadata: { promptTokenCount: countText(body) } })
}

/** `POST /models/{model}:batchEmbedContents`. */
export function embedContents({ body }: DemoCall): Reply {
  const requests = listOf(body.requests).filter(isJsonObject)
  checkListLength(requests.length, maxTexts, 'requests')
  const promptTokenCount = requests.reduce((sum, request) => sum + countText(request), 0)
  return toJsonReply({ embeddings: requests.map(embed), usageMetadata: { promptTokenCount } })
}

function embed(request: JsonObject): { readonly values: readonly number[] } {
  const asked = outputDimensionality(request)
  const dimensions = asked === undefined ? defaultDimensions : readCount(asked, maxDimensions)
  return { values: [...embedText(readText(request.content), dimensions)] }
}

function countText({ content }: JsonObject): number {
  return countWords(readText(content))
}

function readText(content: unknown): string {
  const texts = partsOf(content).map(({ text }) => text)
  return texts.filter((text) => typeof text === 'string').join('\n')
}

function partsOf(content: unknown): readonly JsonObject[] {
  return isJsonObject(content) ? listOf(content.parts).filter(isJsonObject) : []
}

/** Reads the contents. A result of a function is a part of a user's content, and becomes a turn of its own. */
function readTurns(contents: unknown): readonly Turn[] {
  return listOf(contents)
    .filter(isJsonObject)
    .flatMap((content): readonly Turn[] => {
      const parts = partsOf(content)
      const results = parts.map(functionResponse).filter(isJsonObject)
      const others = parts.filter((part) => functionResponse(part) === undefined)
      const role = content.role === 'model' ? 'assistant' : 'user'
      const turn = others.length === 0 ? [] : [{ role, content: others.map(toOpenAIPart) }]
      return [...turn, ...results.map(({ response }) => ({ role: 'tool', content: JSON.stringify(response ?? {}) }))]
    })
}

function toOpenAIPart(part: JsonObject): JsonObject {
  const data = inlineData(part) ?? fileData(part)
  if (data === undefined) return part
  const type = String(mimeType(data))
  return { type: /^(image|audio)\//.exec(type)?.[1] ?? 'file' }
}

function readTools(tools: unknown): readonly JsonObject[] {
  return listOf(tools)
    .flatMap((tool) => listOf(functionDeclarations(tool)))
    .filter(isJsonObject)
    .map((declared) => {
      const parameters = parametersJsonSchema(declared) ?? toJsonSchema(declared.parameters)
      return { type: 'function', name: declared.name, parameters }
    })
}

function readToolChoice(config: unknown): unknown {
  if (!isJsonObject(config)) return undefined
  if (config.mode === 'NONE') return 'none'
  const [name] = listOf(allowedFunctionNames(config))
  return name === undefined ? 'auto' : { type: 'function', name }
}

/** Converts Google's schema, whose types are in upper case, to JSON Schema. */
function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema)
  if (!isJsonObject(schema)) return schema
  const entries = Object.entries(schema).map(([name, value]) => {
    return [name, name === 'type' && typeof value === 'string' ? value.toLowerCase() : toJsonSchema(value)] as const
  })
  return Object.fromEntries(entries)
}

function countInput(body: JsonObject): number {
  return countInputTokens(readTurns(body.contents), [systemInstruction(body), body.tools])
}

function toPart({ toolName }: Output, text: string, isWhole: boolean): JsonObject {
  return toolName === undefined ? { text } : { functionCall: { name: toolName, args: isWhole ? JSON.parse(text) : {} } }
}

function toFacts({ body, model, id }: DemoCall, outputs: readonly Output[]) {
  const promptTokenCount = countInput(body)
  const candidatesTokenCount = outputs.reduce((sum, { pieces }) => sum + pieces.length, 0)
  const totalTokenCount = promptTokenCount + candidatesTokenCount
  return {
    usageMetadata: { promptTokenCount, candidatesTokenCount, totalTokenCount },
    modelVersion: model,
    responseId: `demo_${id}`,
  }
}

function toCandidate(output: Output, index: number, text: string, isLast: boolean) {
  const { isWhole } = output
  const parts = text === '' ? [] : [toPart(output, text, isWhole)]
  return {
    content: { parts, role: 'model' },
    ...(isLast && { finishReason: isWhole ? 'STOP' : 'MAX_TOKENS' }),
    index,
  }
}

function toResponse(call: DemoCall, outputs: readonly Output[]) {
  const candidates = outputs.map((output, index) => toCandidate(output, index, output.pieces.join(''), true))
  return { candidates, ...toFacts(call, outputs) }
}

/** A call of a function arrives whole, as from Google. */
function* toEvents(call: DemoCall, outputs: readonly Output[]): Generator<Frame> {
  const facts = toFacts(call, outputs)
  for (const [index, output] of outputs.entries()) {
    const pieces = output.toolName === undefined ? output.pieces : [output.pieces.join('')]
    for (const [at, piece] of pieces.entries())
      yield toDataEvent({ candidates: [toCandidate(output, index, piece, false)], ...facts }, at > 0)
    yield toDataEvent({ candidates: [toCandidate(output, index, '', true)], ...facts })
  }
}
