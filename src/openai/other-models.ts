import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isSpellingOf } from './fold-name.ts'
import { containers } from './hidden-fields.ts'

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
/** Lists whose members may name a model of their own, such as the tool `image_generation` of Responses. */
const helpers = /^(tools|plugins)$/iu
/** The members by which they do, such as `analysis_models` of OpenRouter's `fusion`. */
const helperModels = /^\w*models?$/iu
/** Helpers that ask several models and one that judges; the router chooses those that they leave out. Source: https://openrouter.ai/docs/guides/features/plugins/fusion */
const panels = /^(openrouter:)?fusion$/
/** Those that ask one. Where they leave it out, the model that calls them or the router chooses it. Source: https://openrouter.ai/docs/guides/features/server-tools */
const experts = /^openrouter:(advisor|subagent|image_generation)$/

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
  if (!isJsonObject(helper) || isPlainFunction(helper)) return none
  const types = valuesOf(helper, 'type')
  // The parameters of a function are a JSON Schema; those of a tool that the provider has are values.
  const isFunction = types.length === 1 && types[0] === 'function'
  const inner = isFunction ? [] : valuesOf(helper, 'parameters').filter(isJsonObject).flatMap(Object.entries)
  const all = [...Object.entries(helper), ...inner]
  const members = all.filter(([name, value]) => helperModels.test(name) && isNamed(value))
  const own = members
    .flatMap(([, value]): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .map((each) => ({ param, model: nameOf(each), isAlternative: false }))
  // A subagent has tools of its own.
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

/** The members of a function, in a chat and in a response. */
const functionMembers: ReadonlySet<string> = new Set([
  'type',
  'function',
  'name',
  'description',
  'parameters',
  'strict',
])

/** Nearly all tools are: one look at each name is a fifth of the work. */
function isPlainFunction(helper: JsonObject): boolean {
  if (helper.type !== 'function') return false
  for (const name in helper) if (!functionMembers.has(name)) return false
  return true
}

function readContainer(param: string, container: JsonObject): readonly OtherModel[] {
  const named = valuesOf(container, 'model').filter(isNamed)
  return [...named.map((each) => ({ param, model: nameOf(each), isAlternative: true })), ...readOtherModels(container)]
}

/** The values under a name and under every other spelling of it: a server may take any of them (S86). */
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
