import * as z from 'zod'
import { bounds } from './bounds.ts'
import { documented } from './key-documentation.ts'
import type { TextProblem } from './text-problems.ts'

const notString = 'must be a string. Put it in quotation marks if it looks like a number'

/** A text that passes `problemOf`, whose words become the error. */
export function text(problemOf: TextProblem) {
  return z
    .string({ error: (issue) => (issue.input === null ? 'is empty. Write a value, or leave the key out' : notString) })
    .refine((value) => problemOf(value) === undefined, {
      error: (issue) => problemOf(String(issue.input)) ?? 'is not right',
    })
}

export function flag() {
  return z.boolean({ error: 'must be true or false' })
}

/** True, false, or `auto`; as a text too, which is how the environment has it. */
export function flagOrAuto() {
  return z.union([z.boolean(), z.enum(['auto', 'true', 'false'])], { error: 'must be `auto`, true or false' })
}

/** A whole number from `least` to `most`. */
export function count(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** A factor. Zero is refused: what costs nothing is free under `prices`. */
export function multiplier() {
  const error = 'must be a number from 0.01 to 100'
  return z.number({ error }).min(0.01, { error }).max(100, { error })
}

/** Milliseconds. Zero is refused, since it would be read as "never" by some and as "at once" by others. */
export function delay() {
  const error = `must be a whole number of milliseconds from 1 to ${bounds.delayMs}`
  return z.int({ error }).min(1, { error }).max(bounds.delayMs, { error })
}

/** Days; 0 stands for ever. */
export function days() {
  return count(0, bounds.days)
}

export function bytes(most: number = bounds.bytes) {
  const error = `must be a whole number of bytes from 1 to ${most}`
  return z.int({ error }).min(1, { error }).max(most, { error })
}

export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.map((value) => `\`${value}\``).join(', ')}` })
}

export function list<Element extends z.ZodType>(element: Element) {
  return z.array(element, { error: 'must be a list' })
}

/** Any names, each with a value of one type. */
export function mapOf<Value extends z.ZodType>(value: Value) {
  const name = z.string().refine((key) => key.trim() !== '', { error: 'has an empty name' })
  return z.record(name, value, { error: 'must be a mapping of names to values' })
}

/** A group of keys, each of which may be left out. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, meaning: string) {
  const object = z.strictObject(shape, { error: sectionError })
  // The cast says what holds for every section here: each key has a default or is optional, so nothing at all is valid input.
  return documented(object.prefault({} as z.input<typeof object> & {}), { meaning })
}

/** For the object itself; unknown keys are described by check-shape, which knows their neighbours. */
export const sectionError = 'must be a mapping of keys to values'
