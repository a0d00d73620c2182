import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'

/** Collects the paths of fields that a translation leaves out, without positions: `messages[].name`. */
export class DroppedFields {
  readonly #paths = new Set<string>()

  add(path: string): void {
    this.#paths.add(path.replace(/\[\d+\]/g, '[]'))
  }

  list(): readonly string[] {
    return [...this.#paths]
  }
}

/**
 * Reads an object member by member. Null counts as absent. Members that no reader took are dropped, and named. Each
 * reader throws GatewayError `invalid_value` with the path of a member of another type.
 */
export class Fields {
  readonly path: string
  readonly #object: JsonObject
  readonly #dropped: DroppedFields
  readonly #taken = new Set<string>()

  constructor(object: JsonObject, path: string, dropped: DroppedFields) {
    this.#object = object
    this.path = path
    this.#dropped = dropped
  }

  /** Returns the path of a member. */
  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }

  take(name: string): unknown {
    this.#taken.add(name)
    return this.#object[name] ?? undefined
  }

  /** Returns a value of any type with its path. */
  given(name: string): Given<unknown> | undefined {
    return this.#withPath(name, this.take(name))
  }

  string(name: string): string | undefined {
    return this.#typed(name, isString, 'a string')
  }

  /** Returns a string with its path. */
  givenString(name: string): Given<string> | undefined {
    return this.#withPath(name, this.string(name))
  }

  number(name: string): Given<number> | undefined {
    return this.#withPath(name, this.#typed(name, isNumber, 'a number'))
  }

  flag(name: string): Given<boolean> | undefined {
    return this.#withPath(name, this.#typed(name, isFlag, 'true or false'))
  }

  object(name: string): JsonObject | undefined {
    return this.#typed(name, isJsonObject, 'an object')
  }

  /** Returns an object with its path. */
  givenObject(name: string): Given<JsonObject> | undefined {
    return this.#withPath(name, this.object(name))
  }

  /** Returns a nested object to be read in the same way. */
  fields(name: string): Fields | undefined {
    const object = this.object(name)
    return object && this.nest(object, this.at(name), this.#dropped)
  }

  /** Returns a list of objects to be read in the same way; empty if it is absent. */
  list(name: string): readonly Fields[] {
    const list = this.#typed(name, isObjectList, 'a list of objects') ?? []
    return list.map((each, index) => this.nest(each, `${this.at(name)}[${index}]`, this.#dropped))
  }

  /** Returns a string, or a list of strings, as a list. */
  strings(name: string): Given<readonly string[]> | undefined {
    const value = this.#typed(name, isStringOrStrings, 'a string or a list of strings')
    return this.#withPath(name, typeof value === 'string' ? [value] : value)
  }

  /** Marks a member as read that has no meaning for another dialect. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#taken.add(name)
  }

  /** Names a member that was read but cannot be used. */
  drop(name: string): void {
    this.#dropped.add(this.at(name))
  }

  dropRest(): void {
    for (const name in this.#object)
      if (!this.#taken.has(name) && this.#object[name] !== null) this.#dropped.add(this.at(name))
  }

  /** Refuses a member that no other dialect can carry. `advice` says what to send instead. */
  refuse(name: string, advice: string): never {
    throw notTranslatable(this.at(name), advice)
  }

  /** Creates the reader of a nested object. */
  protected nest(object: JsonObject, path: string, dropped: DroppedFields): Fields {
    return new Fields(object, path, dropped)
  }

  #typed<Value>(name: string, isType: (value: unknown) => value is Value, meaning: string): Value | undefined {
    const value = this.take(name)
    if (value === undefined || isType(value)) return value
    const path = this.at(name)
    throw new GatewayError('invalid_value', `\`${path}\` must be ${meaning}.`, { param: path })
  }

  #withPath<Value>(name: string, value: Value | undefined): Given<Value> | undefined {
    return value === undefined ? undefined : { value, path: this.at(name) }
  }
}

/** A value of a request, with the path that names its field if the target cannot carry it. */
export interface Given<Value> {
  readonly value: Value
  readonly path: string
}

/** The error for a field without which the request would mean something else. `advice` says what to send instead. */
export function notTranslatable(path: string, advice: string): GatewayError {
  const message = `\`${path}\` cannot be translated to the API of this model's provider. ${advice}`
  return new GatewayError('field_not_translatable', message, { param: path })
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  // JSON has numbers that are infinite in JavaScript: 1e400.
  return Number.isFinite(value)
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isObjectList(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject)
}

function isStringOrStrings(value: unknown): value is string | readonly string[] {
  return isString(value) || (Array.isArray(value) && value.every(isString))
}
