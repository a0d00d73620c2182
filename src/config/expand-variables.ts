import { isJsonObject } from '../core/json.ts'
import { findKey, namesBelow } from './config-keys.ts'
import { type Environment, readVariable } from './environment.ts'
import { parseText } from './parse-text.ts'
import type { Path, Problems } from './problems.ts'

/** The schema is five levels deep; the rest is left alone, so that a value that holds itself ends. */
const depthLimit = 10

/**
 * Replaces `${NAME}` in every text by the environment's value; `$${NAME}` stays as `${NAME}`.
 * A section with nothing in it becomes an empty one, and a text that is nothing but one variable becomes a number or a truth value where the key holds one (`port: ${PORT}`).
 */
export function expandVariables(value: unknown, environment: Environment, problems: Problems): unknown {
  const expand = (part: unknown, path: Path): unknown => {
    if (typeof part === 'string') return expandText(part, path, { environment, problems })
    if (path.length >= depthLimit) return part
    // `demo:` with nothing below it is how YAML writes an empty mapping.
    if (part === null && isSection(path)) return {}
    // Holes are left out, so that the schema does not complain of them as well.
    if (Array.isArray(part))
      return part
        .map((element: unknown, index) => expand(element, [...path, index]))
        .filter((element) => element !== undefined)
    if (!isJsonObject(part)) return part
    const entries = Object.entries(part).map(([key, inner]) => [key, expand(inner, [...path, key])] as const)
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
  }
  return expand(value, [])
}

function isSection(path: Path): boolean {
  return findKey(path)?.type === 'section' || namesBelow(path).length > 0
}

interface Context {
  readonly environment: Environment
  readonly problems: Problems
}

function expandText(text: string, path: Path, { environment, problems }: Context): unknown {
  let isComplete = true
  const expanded = text.replace(/\$?\$\{([^}]*)\}/g, (reference, name: string) => {
    if (reference.startsWith('$$')) return reference.slice(1)
    const value = readVariable(environment, name.trim())
    if (value !== undefined) return value
    isComplete = false
    problems.add(
      path,
      `names the environment variable ${name.trim()}, which is not set. Set it, or write \`$\${…}\` if the text itself is meant`,
    )
    return ''
  })
  if (!isComplete) return undefined
  const key = /^\$\{[^}]*\}$/.test(text) ? findKey(path) : undefined
  if (key?.type !== 'number' && key?.type !== 'boolean') return expanded
  const parsed = parseText(key, expanded)
  return parsed.kind === 'value' ? parsed.value : expanded
}
