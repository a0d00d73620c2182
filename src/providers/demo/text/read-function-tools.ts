import { isJsonObject } from '../../../core/json.ts'
import type { FunctionTool } from './demo-ask.ts'

/** The functions on offer, in either dialect. Tools of other kinds are the provider's own in OpenAI's API, and left alone here. */
export function readFunctionTools(tools: unknown): readonly FunctionTool[] {
  const list: readonly unknown[] = Array.isArray(tools) ? tools : []
  return list.flatMap((tool) => {
    if (!isJsonObject(tool) || tool.type !== 'function') return []
    const { name, parameters } = isJsonObject(tool.function) ? tool.function : tool
    return typeof name === 'string' ? [{ name, parameters }] : []
  })
}
