import { GatewayError } from '../../core/errors.ts'
import { matchesPattern } from '../../core/match-pattern.ts'
import type { Page } from '../../core/page.ts'
import type { Metering } from '../../pipeline/call/ports.ts'
import { checkLimit, readCursor } from '../cursor.ts'
import { toPriceObject } from './price-object.ts'
import type { PriceObject } from './report-schemas.ts'

export interface PriceRequest {
  /** From 1 to 1,000. */
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string | undefined
  readonly provider?: string | undefined
  /** A pattern with `*`. */
  readonly model?: string | undefined
}

const pageLimit = 1_000
/** S15: each `*` is one more search through every name. */
const patternLength = 200
const starLimit = 10

/** What models cost, the operator's own prices first. */
export function listPrices(
  { limit, after, provider, model }: PriceRequest,
  { prices }: Pick<Metering, 'prices'>,
): Page<PriceObject> {
  checkLimit(limit, pageLimit)
  checkPattern(model)
  const start = after === undefined ? 0 : Number(readCursor(after, /^\d{1,9}$/)[0])
  const found = prices
    .list()
    .filter((price) => provider === undefined || price.provider === provider)
    .filter((price) => model === undefined || matchesPattern(model, price.model))
  const end = start + limit
  return { items: found.slice(start, end).map(toPriceObject), next: end < found.length ? String(end) : undefined }
}

function checkPattern(pattern: string | undefined): void {
  if (pattern === undefined) return
  if (pattern !== '' && pattern.length <= patternLength && pattern.split('*').length <= starLimit + 1) return
  throw new GatewayError(
    'invalid_value',
    `model must have 1 to ${patternLength} characters and at most ${starLimit} \`*\`, each of which stands for any text.`,
    { param: 'model' },
  )
}
