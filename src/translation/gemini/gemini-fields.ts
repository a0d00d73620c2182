import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type DroppedFields, Fields } from '../fields.ts'

/**
 * Reads a request as Google's parser does: names in camelCase or snake_case, and one object in place of a list.
 * Source: https://protobuf.dev/programming-guides/json, read on 2026-11-30.
 */
export class GeminiFields extends Fields {
  constructor(object: JsonObject, path: string, dropped: DroppedFields) {
    super(toCamelNames(object), path, dropped)
    const names = Object.keys(object)
    const repeated = names.find((name) => toCamelCase(name) !== name && names.some((other) => isSame(name, other)))
    if (repeated === undefined) return
    const param = this.at(repeated)
    throw new GatewayError('invalid_value', `Send \`${param}\` once, not in two spellings.`, { param })
  }

  override list(name: string): readonly Fields[] {
    return isJsonObject(this.take(name)) ? [this.fields(name)].filter((each) => each !== undefined) : super.list(name)
  }

  protected override nest(object: JsonObject, path: string, dropped: DroppedFields): Fields {
    return new GeminiFields(object, path, dropped)
  }
}

function isSame(name: string, other: string): boolean {
  return name !== other && toCamelCase(name) === toCamelCase(other)
}

/** Names the members of an object in camelCase; objects within keep theirs. */
export function toCamelNames(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [toCamelCase(name), value]))
}

function toCamelCase(name: string): string {
  return name.replace(/(?<=[a-z\d])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
