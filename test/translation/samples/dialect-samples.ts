import type { TypeOfRequests } from '../../../scripts/dialects/read-type-fields.ts'

/** Requests that together have every field of a dialect. Each is small, and has at most one part that is refused. */
export interface DialectSamples {
  /** As the documentation calls it. */
  readonly name: string
  /** The official SDK's type of a request; files below node_modules/. */
  readonly types: TypeOfRequests
  /** Models of this dialect whose requests differ: one of each kind. */
  readonly models: readonly string[]
  readonly requests: readonly object[]
  /** Fields that the types lack. */
  readonly extensions: readonly string[]
  /** Fields that change nothing and are not named as dropped, with the reason. */
  readonly unread: Readonly<Record<string, string>>
  /** Fields whose values have outcomes of their own. */
  readonly valued: readonly string[]
  /** Joins fields that are one, such as the same block in two roles. */
  toName?(path: string): string
}
