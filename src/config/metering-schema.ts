import * as z from 'zod'
import { bounds } from '../schema/bounds.ts'
import { documented } from '../schema/key-documentation.ts'
import { choice, count, days, flag, section } from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'

/** Books, limits and money. */
export const meteringSchema = section(
  {
    enabled: documented(flag().optional(), {
      variable: 'METERING',
      otherwise: '`true` where there is storage',
      meaning:
        'Keep a record of every call: who made it, its tokens, its cost in nano-USD. Virtual keys and their limits need it.',
    }),
    default_max_tokens: documented(count(1, bounds.tokens).default(defaults.metering.defaultMaxTokens), {
      meaning:
        'Tokens of output that are set aside for a call that names no limit of its own, where its key says nothing else. A model that puts out less by nature needs less.',
    }),
    unpriced: documented(choice(['block_budgeted', 'allow', 'block']).default(defaults.metering.unpriced), {
      meaning:
        'What becomes of a call whose price is not known. `block_budgeted` refuses it where a budget would be blind to it. `prices` names prices.',
    }),
    on_store_failure: documented(choice(['refuse', 'allow']).default(defaults.metering.onStoreFailure), {
      meaning:
        'What becomes of a call without a budget while the books cannot be written. One with a budget is always refused.',
    }),
    retention_days: documented(days().default(defaults.metering.retentionDays), {
      unit: 'days',
      meaning: 'A record is deleted when it is so old; the sums by day stay. 0 keeps records for ever.',
    }),
  },
  'Records, limits and money. How they work is in docs/money.md.',
)

const priceProblem = 'must be a price in USD, from 0 to 1000000'

function usd() {
  return z.number({ error: priceProblem }).min(0, { error: priceProblem }).max(1_000_000, { error: priceProblem })
}

const tokenPrice = (what: string) =>
  documented(usd().optional(), { otherwise: 'as `input` or `output`', meaning: what })
const unitPrice = (what: string) => documented(usd().optional(), { otherwise: '0', meaning: what })

const price = z.strictObject({
  input: documented(usd().default(0), { meaning: 'USD for a million tokens of input.' }),
  output: documented(usd().default(0), { meaning: 'USD for a million tokens of output.' }),
  cached_input: tokenPrice('For a million tokens read from the prompt cache.'),
  cache_write: tokenPrice('For a million tokens written to the prompt cache.'),
  reasoning: tokenPrice('For a million tokens of reasoning.'),
  audio_input: tokenPrice('For a million tokens of audio in.'),
  audio_output: tokenPrice('For a million tokens of audio out.'),
  image_input: tokenPrice('For a million tokens of pictures in.'),
  image_output: tokenPrice('For a million tokens of pictures out.'),
  per_request: unitPrice('USD for each call.'),
  per_image: unitPrice('USD for each picture made.'),
  per_second: unitPrice('USD for a second of audio that is transcribed.'),
  per_character: unitPrice('USD for a character that is spoken.'),
})

/** Prices beside, and before, those that Weir brings along. */
export const pricesSchema = documented(
  z.record(z.string(), price, { error: 'must be a mapping of `provider/model` to prices' }).default({}),
  {
    meaning:
      'What models cost, each under `provider/model` with the name that goes upstream. A model that is named here has these prices alone. Weir brings the usual ones along (docs/prices.md).',
  },
)

/** In USD; tokens by the million. */
export type PriceConfig = z.output<typeof price>
