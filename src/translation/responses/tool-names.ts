import { isJsonObject, type JsonObject } from '../../core/json.ts'

/** A tool as the caller of Responses names it. */
export interface OwnTool {
  readonly name: string
  readonly namespace: string | undefined
  readonly isCustom: boolean
}

/** The longest name that OpenAI, Anthropic and Google accept for a function. */
const maxLength = 64

/**
 * Returns the name under which other dialects see a tool: `<namespace>__<name>`. A name that would be too long, or has
 * characters that others refuse, ends in a hash of the whole, which keeps it unique and the same in every turn.
 */
export function toFlatName(name: string, namespace: string | undefined): string {
  if (namespace === undefined) return name
  const whole = `${namespace}__${name}`
  const plain = whole.replace(/[^\w-]/g, '_')
  if (plain === whole && whole.length <= maxLength) return whole
  const hash = hashOf(whole)
  return `${plain.slice(0, maxLength - hash.length - 1)}_${hash}`
}

/** FNV-1a, in eight digits. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** Finds the tools of a request by the names that other dialects see. */
export function readToolNames({ tools, input }: JsonObject): ReadonlyMap<string, OwnTool> {
  const found = new Map<string, OwnTool>()
  const add = (list: unknown, namespace?: string): void => {
    for (const tool of Array.isArray(list) ? list : []) {
      if (!isJsonObject(tool) || typeof tool.name !== 'string') continue
      const { name, type } = tool
      if (type === 'namespace') add(tool.tools, name)
      else if (type === 'function' || type === 'custom')
        found.set(toFlatName(name, namespace), { name, namespace, isCustom: type === 'custom' })
    }
  }
  add(tools)
  for (const item of Array.isArray(input) ? input : [])
    if (isJsonObject(item) && item.type === 'additional_tools') add(item.tools)
  return found
}
