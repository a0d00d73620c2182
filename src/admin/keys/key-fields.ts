import * as z from 'zod'
import { grantFields, toGrant } from '../../config/grant-fields.ts'
import { limitsInputSchema, limitsSchema, toLimits, toLimitsObject } from '../../config/limit-fields.ts'
import { isJsonObject } from '../../core/json.ts'
import { noLimits } from '../../metering/limits.ts'
import { bounds } from '../../schema/bounds.ts'
import { type FieldOption, stringOf, time, toInstant } from '../../schema/field-types.ts'
import { count, flag } from '../../schema/value-schemas.ts'
import { operatorId } from '../../storage/key-ids.ts'
import type { ApiKey, Grants, KeyChange } from '../../storage/key-store.ts'
import { refuse } from './input.ts'

const nameLength = 100
const labelCount = 16
const labelLength = 512
const labelCountMessage = `must have at most ${labelCount} entries`

/** One settable field of a key: its schemas, its command line option, and its mapping to the stored key. */
interface KeyField<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  /** Undefined keeps the value; null removes it. */
  readonly input: Input
  readonly output: Output
  /** The help of the command line takes its default from the sentence "Null is …" or "Null allows …". */
  readonly description: string
  /** Undefined for a field that only `--from-json` or a separate command sets. */
  readonly option?: FieldOption
  /** Reads the field from a stored key. */
  show(key: ApiKey): z.output<Output>
  /**
   * Converts a value to a change of the stored key. An object is merged into `known` by RFC 7396; any other value
   * replaces it.
   */
  change(value: Exclude<z.output<Input>, undefined>, known: KnownFields): KeyChange
}

/** The fields of a stored key that a change is merged into. */
export type KnownFields = Pick<ApiKey, 'limits' | 'perUser' | 'labels'>

/**
 * All settable fields, in the order of requests, responses and help. A new field needs an entry here and a default in
 * toNewKey.
 */
export const keyFields = {
  name: field({
    description: `A name for people, of 1 to ${nameLength} characters.`,
    input: stringOf(nameProblem),
    output: z.string(),
    option: { name: 'name', kind: 'string' },
    show: (key) => key.name,
    change: (name) => ({ name }),
  }),
  disabled: field({
    description: 'True refuses every call.',
    input: flag().optional(),
    output: z.boolean(),
    show: (key) => key.isDisabled,
    change: (isDisabled) => ({ isDisabled }),
  }),
  expires_at: field({
    description: 'The time when the key expires. Null is never.',
    input: stringOf(timeProblem).meta({ format: 'date-time' }).nullish(),
    output: time().nullable(),
    option: { name: 'expires', kind: 'time' },
    show: ({ expiresAt }) => (expiresAt === undefined ? null : new Date(expiresAt).toISOString()),
    change: (value) => ({ expiresAt: (value === null ? undefined : toInstant(value)) ?? 'never' }),
  }),
  models: grant('models', 'models', {
    description: 'Patterns of allowed models, such as `gpt-6*` or `openai/*`. Null allows every model.',
    option: 'models',
  }),
  operations: grant('operations', 'operations', {
    description: 'Patterns of allowed operations, such as `chat.*`. Null allows all except `passthrough`.',
    option: 'operations',
  }),
  origins: grant('origins', 'origins', {
    description: 'Exact origins of allowed web pages. Null allows every page.',
    option: 'origin',
  }),
  ip_ranges: grant('ipRanges', 'ip_ranges', {
    description: 'IP addresses and CIDR ranges of allowed callers. Null allows every address.',
    option: 'ip',
  }),
  limits: field({
    description: 'The limits of the key and its descendants together.',
    input: limitsInputSchema.nullish(),
    output: limitsSchema,
    show: (key) => toLimitsObject(key.limits),
    change: (limits, known) => ({ limits: toLimits(limits, known.limits) }),
  }),
  per_user: field({
    description: 'The limits of each end user of the key. Null limits no user separately.',
    input: limitsInputSchema.nullish(),
    output: limitsSchema.nullable(),
    show: ({ perUser }) => (perUser === undefined ? null : toLimitsObject(perUser)),
    change: (limits, known) => ({ perUser: limits === null ? 'none' : toLimits(limits, known.perUser) }),
  }),
  shadow: field({
    description: 'Shadow mode: reports calls that the limits would refuse, but does not refuse them.',
    input: flag().optional(),
    output: z.boolean(),
    option: { name: 'shadow', kind: 'switch' },
    show: (key) => key.isShadow,
    change: (isShadow) => ({ isShadow }),
  }),
  default_max_tokens: field({
    description:
      'Output tokens to reserve for a call that sets no maximum; under a budget, the maximum of that call. Null is the default of the server.',
    input: count(1, bounds.tokens).nullish(),
    output: count(1, bounds.tokens).nullable(),
    option: { name: 'default-max-tokens', kind: 'count' },
    show: (key) => key.defaultMaxTokens ?? null,
    change: (tokens) => ({ defaultMaxTokens: tokens ?? 'none' }),
  }),
  labels: field({
    description: `Up to ${labelCount} named strings for your own use.`,
    input: z.preprocess(
      refusePrototype,
      z
        .record(stringOf(labelNameProblem), stringOf(labelProblem).nullable(), {
          error: 'must be an object with string values',
        })
        .refine((labels) => Object.values(labels).filter((label) => label !== null).length <= labelCount, {
          error: labelCountMessage,
        })
        .nullish(),
    ),
    output: z.record(z.string(), z.string()),
    option: { name: 'label', kind: 'labels' },
    show: (key) => key.labels,
    change: (labels, known) => ({ labels: labels === null ? {} : mergeLabels(labels, known.labels) }),
  }),
  person_id: field({
    description: 'The id of the person to whom the key belongs, who may see and rotate it. Null is no person.',
    input: stringOf().nullish(),
    output: z.string().nullable(),
    option: { name: 'person', kind: 'string' },
    show: ({ personId }) => personId ?? null,
    change: (personId) => ({ personId: personId ?? 'none' }),
  }),
} as const

export type KeyFieldName = keyof typeof keyFields

/** The fields as an array of one common type. */
export const allKeyFields: readonly (readonly [KeyFieldName, KeyField])[] = Object.entries(keyFields) as [
  KeyFieldName,
  KeyField,
][]

/** Fields of a new key that the server sets. */
interface KeyIdentity {
  readonly id: string
  readonly name: string
  readonly now: number
  /** Ancestors, parent first. */
  readonly above: readonly ApiKey[]
}

/** Builds a new key, with defaults for omitted fields. */
export function toNewKey(change: KeyChange, { id, name, now, above }: KeyIdentity): ApiKey {
  const { isDisabled = false, isShadow = false, labels = {}, limits = noLimits, grants } = change
  const { models, operations, origins, ipRanges } = grants ?? {}
  const personId = toValue(change.personId)
  return {
    id,
    parentId: above[0]?.id,
    rootId: above.at(-1)?.id ?? id,
    name,
    isDisabled,
    expiresAt: toValue(change.expiresAt),
    grants: { models, operations, origins, ipRanges },
    limits,
    perUser: toValue(change.perUser),
    isShadow,
    defaultMaxTokens: toValue(change.defaultMaxTokens),
    labels,
    ...(personId !== undefined && { personId }),
    createdAt: now,
    updatedAt: now,
  }
}

/** Returns the value that a change sets; undefined if it removes the value. */
export function toValue<Value>(change: Value | 'never' | 'none' | undefined): Value | undefined {
  return change === 'never' || change === 'none' ? undefined : change
}

function field<Input extends z.ZodType, Output extends z.ZodType>(parts: KeyField<Input, Output>) {
  const { description } = parts
  return { ...parts, input: parts.input.describe(description), output: parts.output.describe(description) }
}

/** Defines an allow list: null allows everything that the ancestors allow, an empty list nothing. */
function grant(
  name: keyof Grants,
  list: keyof typeof grantFields,
  { description, option }: { readonly description: string; readonly option: string },
) {
  return field({
    description,
    input: grantFields[list].nullish(),
    output: z.array(z.string()).readonly().nullable(),
    option: { name: option, kind: 'list' },
    show: ({ grants }) => grants[name] ?? null,
    change: (entries) => ({ grants: { [name]: entries === null ? undefined : toGrant(list, entries) } }),
  })
}

function nameProblem(name: string): string | undefined {
  if (name.trim().toLowerCase() === operatorId)
    return `must not be \`${operatorId}\`, the account of this server's operator`
  const isPlain = name.trim() !== '' && name.length <= nameLength && !/\p{C}/u.test(name)
  return isPlain ? undefined : `must be a string of 1 to ${nameLength} characters without line breaks`
}

function labelNameProblem(name: string): string | undefined {
  if (/^[a-z0-9][\w.:/-]{0,63}$/i.test(name)) return undefined
  return 'must have names of 1 to 64 letters, digits and `_.:/-`, starting with a letter or a digit'
}

/** Reports `__proto__`, which a zod record silently drops. */
function refusePrototype(labels: unknown, { addIssue }: z.core.$RefinementCtx): unknown {
  if (isJsonObject(labels) && Object.hasOwn(labels, '__proto__')) addIssue(labelNameProblem('__proto__') ?? '')
  return labels
}

/** Merges labels. Throws GatewayError `invalid_value` if the result has too many. */
function mergeLabels(given: Readonly<Record<string, string | null>>, known: ApiKey['labels']): ApiKey['labels'] {
  const merged = Object.entries({ ...known, ...given }).flatMap(([name, label]) =>
    label === null ? [] : [[name, label] as const],
  )
  if (merged.length > labelCount) refuse({ path: 'labels', message: labelCountMessage })
  return Object.fromEntries(merged)
}

function labelProblem(value: string): string | undefined {
  if (value.length <= labelLength && value.isWellFormed()) return undefined
  return `must be a string of at most ${labelLength} characters`
}

function timeProblem(value: string): string | undefined {
  if (toInstant(value) !== undefined) return undefined
  return 'must be a date and time with its zone, such as 2030-01-31T00:00:00Z'
}
