import { isJsonObject, type JsonObject } from '../core/json.ts'
import { foldName, isFolded } from './fold-name.ts'

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
 * The fields by which routers take further models, in any letters that Go takes for theirs (S86). LiteLLM puts the model of `deployment_id` in place of the
 * request's. Sources: https://openrouter.ai/docs/guides/routing/model-fallbacks, https://docs.litellm.ai/docs/proxy/reliability,
 * https://github.com/BerriAI/litellm/blob/main/litellm/main.py
 */
const alternatives =
  /^(models|model_list|\w*fallbacks?(_?models?)?(_dict)?|deployment_id|route|preset|prompt_id|user_config|router_settings_override)$/iu
/** Those of them that leave the choice to the router, by what it has stored or by settings of its own. */
const choices = /^(route|preset|prompt_id|user_config|router_settings_override)$/iu
/** Those of them that map one model to another. */
const maps = /_dict$/iu
/** Objects whose members a router reads as if they stood at the top. Source: https://vercel.com/docs/ai-gateway/models-and-providers */
const containers = /^(extra_body|provideroptions|gateway)$/iu
/** Lists whose members may name a model of their own, such as the tool `image_generation` of Responses. */
const helpers = /^(tools|plugins)$/iu
/** The members by which they do, such as `analysis_models` of OpenRouter's `fusion`. */
const helperModels = /^\w*models?$/iu
/** Helpers that ask several models and one that judges; the router chooses those that they leave out. Source: https://openrouter.ai/docs/guides/features/plugins/fusion */
const panels = /^(openrouter:)?fusion$/

/** One look at a name decides on nearly all. */
const watched = new RegExp([alternatives, containers, helpers].map(({ source }) => source).join('|'), 'iu')

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
    if (!/^(model|deployment)$/iu.test(name) && !isOtherModelField(name)) return []
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
  if (/^route$/iu.test(param) && Array.isArray(models) && models.length > 0) return none
  const isChosenElsewhere = choices.test(param)
  return listNamed(param, value).map((each) => ({
    param,
    model: isChosenElsewhere ? undefined : nameOf(each),
    isAlternative: true,
  }))
}

function listNamed(param: string, value: object | string): readonly unknown[] {
  if (Array.isArray(value)) return value
  return maps.test(param) && isJsonObject(value) ? Object.values(value) : [value]
}

function readHelper(param: string, helper: unknown): readonly OtherModel[] {
  if (!isJsonObject(helper)) return none
  const { type, id, enabled, parameters } = helper
  // The parameters of a function are a JSON Schema; those of a tool that the provider has are values.
  const inner = type !== 'function' && isJsonObject(parameters) ? Object.entries(parameters) : []
  const members = [...Object.entries(helper), ...inner].filter(
    ([name, value]) => helperModels.test(name) && isNamed(value),
  )
  const named = members
    .flatMap(([, value]): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .map((each) => ({ param, model: nameOf(each), isAlternative: false }))
  const isPanel = enabled !== false && [type, id].some((name) => typeof name === 'string' && panels.test(name))
  const isNamedWhole =
    members.some(([name]) => /model$/iu.test(name)) &&
    members.some(([, value]) => Array.isArray(value) && value.length > 0)
  return isPanel && !isNamedWhole ? [...named, { param, model: undefined, isAlternative: false }] : named
}

function readContainer(param: string, container: JsonObject): readonly OtherModel[] {
  const named = modelsOf(container).filter(isNamed)
  return [...named.map((each) => ({ param, model: nameOf(each), isAlternative: true })), ...readOtherModels(container)]
}

/** The values under `model` and under every other spelling of it: a server may take any of them. */
function modelsOf(object: JsonObject): readonly unknown[] {
  return Object.keys(object)
    .filter((name) => name === 'model' || (!isFolded(name) && foldName(name) === 'model'))
    .map((name) => object[name])
}

function isNamed(value: unknown): boolean {
  return value !== undefined && value !== null
}

function nameOf(value: unknown): string | undefined {
  const [name, ...others] = isJsonObject(value) ? modelsOf(value) : [value]
  return typeof name === 'string' && name.trim() !== '' && others.length === 0 ? name : undefined
}
