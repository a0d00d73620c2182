import * as z from 'zod'
import { bounds } from './bounds.ts'
import { documented } from './key-documentation.ts'
import type { StringProblem } from './text-problems.ts'

const notString = 'must be a string. Put it in quotation marks if it looks like a number'

/** A string that passes `problemOf`; the problem becomes the error. */
export function string(problemOf: StringProblem) {
  return z
    .string({ error: (issue) => (issue.input === null ? 'is empty. Set a value, or remove the key' : notString) })
    .refine((value) => problemOf(value) === undefined, {
      error: (issue) => problemOf(String(issue.input)) ?? 'is invalid',
    })
}

export function flag() {
  return z.boolean({ error: 'must be true or false' })
}

/** True, false, or `auto`; also as strings, which is the environment's form. */
export function flagOrAuto() {
  return z.union([z.boolean(), z.enum(['auto', 'true', 'false'])], { error: 'must be `auto`, true or false' })
}

/**
 * A number from `min` to `max`. One `check` copies the schema once; `min()` and `max()` would copy it twice, at each start of
 * a Worker.
 */
export function within<Schema extends z.ZodNumber>(
  number: (params: { readonly error: string }) => Schema,
  min: number,
  max: number,
  error: string,
) {
  return number({ error }).check(z.gte(min, { error }), z.lte(max, { error }))
}

/** A whole number from `min` to `max`. */
export function count(min: number, max: number) {
  return within(z.int, min, max, `must be a whole number from ${min} to ${max}`)
}

/** A factor. Zero is refused: for a free model, set a price of 0 under `prices`. */
export function multiplier() {
  return within(z.number, 0.01, 100, 'must be a number from 0.01 to 100')
}

/** Milliseconds. Zero is refused, because some readers take it for "never" and others for "at once". */
export function delay() {
  return within(z.int, 1, bounds.delayMs, `must be a whole number of milliseconds from 1 to ${bounds.delayMs}`)
}

/** Days; 0 means for ever. */
export function days() {
  return count(0, bounds.days)
}

export function bytes(max: number = bounds.bytes) {
  return within(z.int, 1, max, `must be a whole number of bytes from 1 to ${max}`)
}

export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.map((value) => `\`${value}\``).join(', ')}` })
}

export function list<Element extends z.ZodType>(element: Element) {
  return z.array(element, { error: 'must be a list' })
}

/** A mapping of any names to values of one type. */
export function mapOf<Value extends z.ZodType>(value: Value) {
  const name = z.string().refine((key) => key.trim() !== '', { error: 'has an empty name. Remove the entry' })
  return z.record(name, value, { error: 'must be a mapping of names to values' })
}

/** A group of optional keys. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, meaning: string) {
  const object = z.strictObject(shape, { error: sectionError })
  // The cast is sound for every section here: each key has a default or is optional, so an empty mapping is valid
  // input.
  return documented(object.prefault({} as z.input<typeof object> & {}), { meaning })
}

/** The error for the object itself; check-shape describes unknown keys, because it knows their neighbours. */
export const sectionError = 'must be a mapping of keys to values'
