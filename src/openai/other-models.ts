import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isSpellingOf } from './fold-name.ts'
import { containers, topOf } from './hidden-fields.ts'

/** A model that a request names in addition to its `model` (S89). */
export interface OtherModel {
  /** The field that names it. */
  readonly param: string
  /** Undefined if the provider chooses the model, or if Weir cannot read the name. */
  readonly model: string | undefined
  /** True if it may replace the request's `model`; false if a tool uses it. */
  readonly isAlternative: boolean
}

/**
 * The fields in which routers accept further models, in any spelling that Go accepts (S86). LiteLLM replaces the
 * request's model by that of `deployment_id`.
 * Sources: https://openrouter.ai/docs/guides/routing/model-fallbacks, https://docs.litellm.ai/docs/proxy/reliability,
 * https://github.com/BerriAI/litellm/blob/main/litellm/main.py
 */
const alternatives =
  /^(models|model_list|\w*fallbacks?(_?models?)?(_dict)?|deployment_id|route|preset|prompt_id|user_config|router_settings_override)$/iu
/** The alternatives with which the router chooses the model by its stored configuration or settings. */
const choices = /^(route|preset|prompt_id|user_config|router_settings_override)$/iu
/** The alternatives that map one model to another. */
const maps = /_dict$/iu
/** Lists whose items may name a separate model, such as the tool `image_generation` of Responses. */
const helpers = /^(tools|plugins)$/iu
/** The members that name it, such as `analysis_models` of OpenRouter's `fusion`. */
const helperModels = /^\w*models?$/iu
/**
 * Helpers that call several models and a judge; the router chooses those that are not named.
 * Source: https://openrouter.ai/docs/guides/features/plugins/fusion
 */
const panels = /^(openrouter:)?fusion$/
/**
 * Helpers that call one model. If it is not named, the calling model or the router chooses it.
 * Source: https://openrouter.ai/docs/guides/features/server-tools
 */
const experts = /^openrouter:(advisor|subagent|image_generation)$/

/** One test per name rules out nearly all fields. */
const watched = new RegExp([alternatives, containers, helpers].map(({ source }) => source).join('|'), 'iu')

const none: readonly OtherModel[] = []

/** Returns the models that a JSON body names in addition to `model`, in any case: some parsers ignore case (S58). */
export function readOtherModels(body: JsonObject): readonly OtherModel[] {
  let found: OtherModel[] | undefined
  for (const name in body) {
    const value = body[name]
    // Flags and numbers cannot name a model.
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

/** Returns the models that a query names. Its `model` counts too, because the body has one already. */
export function readQueriedModels(query: string): readonly OtherModel[] {
  if (query === '') return none
  return [...new URLSearchParams(query)].flatMap(([name, value]) => {
    if (!/^(model|deployment)$/iu.test(name) && !isOtherModelField(name)) return []
    return value.split(',').map((model) => ({ param: name, model: nameOf(model), isAlternative: true }))
  })
}

/** True for a form field or query parameter that names further models: `models`, `models[]`, `fallbacks[0][model]`. */
export function isOtherModelField(name: string): boolean {
  const top = topOf(name)
  return alternatives.test(top) || containers.test(top)
}

function readAlternatives(param: string, value: object | string, { models }: JsonObject): readonly OtherModel[] {
  // With `models` it only makes the router try these in turn; alone it makes the provider choose.
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
  if (!isJsonObject(helper) || isPlainFunction(helper)) return none
  const types = valuesOf(helper, 'type')
  // The parameters of a function are a JSON Schema; those of a provider's tool are values.
  const isFunction = types.length === 1 && types[0] === 'function'
  const inner = isFunction ? [] : valuesOf(helper, 'parameters').filter(isJsonObject).flatMap(Object.entries)
  const all = [...Object.entries(helper), ...inner]
  const members = all.filter(([name, value]) => helperModels.test(name) && isNamed(value))
  const own = members
    .flatMap(([, value]): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .map((each) => ({ param, model: nameOf(each), isAlternative: false }))
  // A subagent has separate tools.
  const inTools = all
    .filter(([name]) => helpers.test(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value.flatMap((each) => readHelper(param, each)) : none))
  const switches = valuesOf(helper, 'enabled')
  const isOff = switches.length > 0 && switches.every((value) => value === false)
  const kinds = isOff ? [] : [...types, ...valuesOf(helper, 'id')].map(String)
  const hasModel = members.some(([name]) => /model$/iu.test(name))
  const hasPanel = members.some(([, value]) => Array.isArray(value) && value.length > 0)
  const isChosenElsewhere = kinds.some(
    (kind) => (panels.test(kind) && !(hasModel && hasPanel)) || (experts.test(kind) && !hasModel),
  )
  const open = isChosenElsewhere ? [{ param, model: undefined, isAlternative: false }] : none
  return [...own, ...inTools, ...open]
}

/** The members of a function tool, in chat completions and in Responses. */
const functionMembers: ReadonlySet<string> = new Set([
  'type',
  'function',
  'name',
  'description',
  'parameters',
  'strict',
])

/** Fast path for nearly all tools: checking the names costs a fifth of the full analysis. */
function isPlainFunction(helper: JsonObject): boolean {
  if (helper.type !== 'function') return false
  for (const name in helper) if (!functionMembers.has(name)) return false
  return true
}

function readContainer(param: string, container: JsonObject): readonly OtherModel[] {
  const named = valuesOf(container, 'model').filter(isNamed)
  return [...named.map((each) => ({ param, model: nameOf(each), isAlternative: true })), ...readOtherModels(container)]
}

/** Returns the values under every spelling of a name, because a server may use any of them (S86). */
function valuesOf(object: JsonObject, own: string): readonly unknown[] {
  return Object.keys(object)
    .filter((name) => isSpellingOf(own, name))
    .map((name) => object[name])
}

function isNamed(value: unknown): boolean {
  return value !== undefined && value !== null
}

function nameOf(value: unknown): string | undefined {
  const [name, ...others] = isJsonObject(value) ? valuesOf(value, 'model') : [value]
  return typeof name === 'string' && name.trim() !== '' && others.length === 0 ? name : undefined
}
