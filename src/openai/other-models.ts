import { isJsonObject, type JsonObject } from '../core/json.ts'

/** A model that a request names beside its own (S89). */
export interface OtherModel {
  /** The field that names it. */
  readonly param: string
  /** Undefined where the provider chooses it, or where it is named in a shape that Weir does not read. */
  readonly model: string | undefined
  /** True where it may answer in place of the request's own; false where a tool uses it. */
  readonly isAlternative: boolean
}

/**
 * The fields by which routers take further models. Sources: https://openrouter.ai/docs/guides/routing/model-fallbacks,
 * https://docs.litellm.ai/docs/proxy/reliability
 */
const alternatives = /^(models|model_list|\w*fallbacks?(_?models?)?|route|preset)$/i
/** Objects whose members a router reads as if they stood at the top. Source: https://vercel.com/docs/ai-gateway/models-and-providers */
const containers = /^(extra_body|provideroptions|gateway)$/i
/** Lists whose members may name a model of their own, such as the tool `image_generation` of Responses. */
const helpers = /^(tools|plugins)$/i

/** One look at a name decides on nearly all. */
const watched = new RegExp([alternatives, containers, helpers].map(({ source }) => source).join('|'), 'i')

const none: readonly OtherModel[] = []

/** The models that a JSON body names beside its `model`, whatever the case of the fields: some servers' parsers ignore it (S58). */
export function readOtherModels(body: JsonObject): readonly OtherModel[] {
  let found: OtherModel[] | undefined
  for (const name in body) {
    const value = body[name]
    // Flags and numbers name no model.
    if (typeof value !== 'object' && typeof value !== 'string') continue
    if (value === null || value === '' || !watched.test(name)) continue
    let named = none
    if (alternatives.test(name)) named = readAlternatives(name, value, body)
    else if (helpers.test(name) && Array.isArray(value)) named = value.flatMap((each) => readHelper(name, each))
    else if (containers.test(name) && isJsonObject(value)) named = readContainer(name, value)
    if (named.length === 0) continue
    found ??= []
    for (const each of named) found.push(each)
  }
  return found ?? none
}

/** The same for a query, where `model` stands beside that of the body too. */
export function readQueriedModels(query: string): readonly OtherModel[] {
  if (query === '') return none
  return [...new URLSearchParams(query)].flatMap(([name, value]) => {
    if (!/^(model|deployment)$/i.test(name) && !isOtherModelField(name)) return []
    return value.split(',').map((model) => ({ param: name, model: nameOf(model), isAlternative: true }))
  })
}

/** True for a field of a form, or of a query, that names further models: `models`, `models[]`, `fallbacks[0][model]`. */
export function isOtherModelField(name: string): boolean {
  const [top = ''] = name.split(/[.[]/, 1)
  return alternatives.test(top) || containers.test(top)
}

function readAlternatives(param: string, value: object | string, { models }: JsonObject): readonly OtherModel[] {
  // Beside `models` it only says that these are tried in turn; alone it has the provider choose.
  if (/^route$/i.test(param) && Array.isArray(models) && models.length > 0) return none
  const isChosenElsewhere = /^(route|preset)$/i.test(param)
  const named: readonly unknown[] = Array.isArray(value) ? value : [value]
  return named.map((each) => ({ param, model: isChosenElsewhere ? undefined : nameOf(each), isAlternative: true }))
}

function readHelper(param: string, helper: unknown): readonly OtherModel[] {
  if (!isJsonObject(helper)) return none
  const { type, model, models, parameters } = helper
  // The parameters of a function are a JSON Schema; those of a tool that the provider has are values.
  const inner = type !== 'function' && isJsonObject(parameters) ? readHelper(param, parameters) : none
  const named: readonly unknown[] = [model, ...(Array.isArray(models) ? models : [models])]
  return [...named.filter(isNamed).map((each) => ({ param, model: nameOf(each), isAlternative: false })), ...inner]
}

function readContainer(param: string, container: JsonObject): readonly OtherModel[] {
  const { model } = container
  const named = isNamed(model) ? [{ param, model: nameOf(model), isAlternative: true }] : none
  return [...named, ...readOtherModels(container)]
}

function isNamed(value: unknown): boolean {
  return value !== undefined && value !== null
}

function nameOf(value: unknown): string | undefined {
  const name = isJsonObject(value) ? value.model : value
  return typeof name === 'string' && name.trim() !== '' ? name : undefined
}
