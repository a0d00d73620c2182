import { isJsonObject } from '../../../core/json.ts'
import type { ToolChoice } from './demo-ask.ts'

/**
 * `none`, `auto` and `required` (of which the last two are one to the demo, as it calls whenever it can), one function by name,
 * or a list of allowed ones. A name stands in `function` in chat completions, and beside `type` in responses.
 */
export function readToolChoice(choice: unknown): ToolChoice {
  if (choice === 'none') return { kind: 'none' }
  if (!isJsonObject(choice)) return { kind: 'any' }
  if (choice.type !== 'allowed_tools') return { kind: 'one-of', names: readNames([choice]) }
  const allowed = isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice
  return { kind: 'one-of', names: readNames(allowed.tools) }
}

function readNames(tools: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(tools) ? tools : []
  return list.flatMap((tool) => {
    if (!isJsonObject(tool)) return []
    const named = isJsonObject(tool.function) ? tool.function : tool
    return typeof named.name === 'string' ? [named.name] : []
  })
}
