import * as z from 'zod'
import { documented } from '../schema/key-documentation.ts'
import { emptyProblem } from '../schema/text-problems.ts'
import { choice, count, delay, flag, list, sectionError, string, within } from '../schema/value-schemas.ts'
import {
  clockTimeProblem,
  dayNames,
  defaultSteps,
  failureKinds,
  inputKinds,
  nextTarget,
  strategies,
} from './route-settings.ts'
import { timeZoneProblem } from './time-zone.ts'

const listOfAny = 'any'

const when = z.strictObject(
  {
    keys: documented(list(string(emptyProblem)).optional(), {
      fallback: listOfAny,
      meaning: 'Ids of virtual keys; a key below one of them matches too.',
    }),
    tags: documented(list(string(tagProblem)).optional(), {
      fallback: listOfAny,
      meaning:
        'Labels of the call as `name:value`, from `cf-aig-metadata` or `metadata`; `*` matches any characters. One of them must match.',
    }),
    inputs: documented(list(choice(inputKinds)).optional(), {
      fallback: listOfAny,
      meaning: 'Kinds of content besides text of which the request contains at least one.',
    }),
    min_input_tokens: documented(count(0, 1_000_000_000).optional(), {
      fallback: 'none',
      meaning: 'Minimum of the estimated input tokens.',
    }),
    max_input_tokens: documented(count(0, 1_000_000_000).optional(), {
      fallback: 'none',
      meaning: 'Maximum of the estimated input tokens.',
    }),
    days: documented(list(choice(dayNames)).optional(), { fallback: 'every day', meaning: 'Days of the week.' }),
    from: documented(string(clockTimeProblem).optional(), {
      fallback: '00:00',
      meaning: 'Time of day from which the target is used, such as `22:00`. It may be later than `until`.',
    }),
    until: documented(string(clockTimeProblem).optional(), {
      fallback: '24:00',
      meaning: 'Time of day until which the target is used.',
    }),
    time_zone: documented(string(timeZoneProblem).default('UTC'), {
      meaning: 'The IANA time zone of `days`, `from` and `until`.',
    }),
  },
  { error: sectionError },
)

const target = z.strictObject(
  {
    model: documented(string(emptyProblem), {
      fallback: 'required',
      meaning: '`provider/model` with the upstream’s name of the model, or the name of another route or alias.',
    }),
    weight: documented(count(0, 1_000_000).default(1), {
      meaning: 'Share of the calls, for `weighted` and `sticky`. With 0 the target is used only after the others fail.',
    }),
    percent: documented(count(0, 100).optional(), {
      fallback: 'all',
      meaning:
        'Percentage of the sessions that may use this target, such as 5 for a canary. A session keeps its side. Those outside skip the target.',
    }),
    when: documented(when.optional(), {
      fallback: 'always',
      meaning: 'Conditions of the target. All must hold, else the target is skipped.',
    }),
  },
  { error: sectionError },
)

const onFailure = z.strictObject(
  Object.fromEntries(
    failureKinds.map(({ kind, meaning }) => [
      kind,
      documented(list(string(emptyProblem)).optional(), {
        fallback: defaultSteps[kind] === 'next' ? '`[next]`' : '`[]`',
        meaning,
      }),
    ]),
  ) as Record<(typeof failureKinds)[number]['kind'], z.ZodOptional<z.ZodArray<z.ZodString>>>,
  { error: sectionError },
)

const shadow = z.strictObject(
  {
    model: documented(string(emptyProblem), {
      fallback: 'required',
      meaning: '`provider/model`, or the name of another route or alias.',
    }),
    percent: documented(count(0, 100).default(100), { meaning: 'Percentage of the calls that are copied.' }),
  },
  { error: sectionError },
)

const usd = () => within(z.number, 0, 1_000_000, 'must be a number of USD from 0 to 1000000').optional()

const maxPrice = z.strictObject(
  {
    prompt: documented(usd(), { fallback: 'any', meaning: 'USD per million input tokens.' }),
    completion: documented(usd(), { fallback: 'any', meaning: 'USD per million output tokens.' }),
    request: documented(usd(), { fallback: 'any', meaning: 'USD per request.' }),
    image: documented(usd(), { fallback: 'any', meaning: 'USD per image.' }),
  },
  { error: sectionError },
)

/** One name under which callers reach several targets. */
export const routeSchema = z.strictObject(
  {
    strategy: documented(choice(strategies).default('ordered'), {
      meaning:
        'Which target is tried first; the others follow if it fails. `ordered`: in the order of the list. `weighted`: at random by weight. `sticky`: by weight, and always the same for a session, which keeps its prompt cache. `fastest`: the shortest time to the first token, or to a whole answer. `throughput`: the most output tokens per second. `cheapest`: the lowest price at the usual mix of tokens.',
    }),
    targets: documented(list(target).max(200, { error: 'must have at most 200 targets' }).default([]), {
      fallback: 'required',
      meaning: 'The models that serve the route.',
    }),
    on_failure: documented(onFailure.optional(), {
      fallback: 'as described',
      meaning:
        'Models to try after a failure of each kind. `next` stands for the remaining targets; an empty list returns the failure.',
    }),
    max_price: documented(maxPrice.optional(), {
      fallback: 'none',
      meaning:
        'Maximum prices of the targets, and of the models of `on_failure`; those of inner routes included. A target above one of them, or without a known price, is left out.',
    }),
    max_attempts: documented(count(1, 20).default(5), { meaning: 'Maximum number of attempts of one call.' }),
    retries: documented(count(0, 5).default(0), {
      meaning:
        'Further rounds over the targets after all have failed with `rate_limit`, `overload` or `connection`. Weir waits before each: as long as `Retry-After` says, else a random time that grows. All retries of a route together are at most a fifth of its calls.',
    }),
    max_wait_ms: documented(delay().default(10_000), {
      unit: 'ms',
      meaning: 'Maximum wait before a round. A provider that asks for more is not retried.',
    }),
    shadow: documented(shadow.optional(), {
      fallback: 'none',
      meaning:
        'A model that receives copies of the calls after they are answered. Its replies are read and dropped; the operator’s account pays.',
    }),
    public: documented(flag().default(true), { meaning: '`/v1/models` lists the route.' }),
  },
  { error: sectionError },
)

export type RouteConfig = z.output<typeof routeSchema>

export function routeNameProblem(name: string): string | undefined {
  if (name === nextTarget) return 'is the word for the remaining targets in `on_failure`. Choose another name'
  if (name.length > 0 && name.length <= 200 && !/[\s\p{C}]/u.test(name) && !name.startsWith('@')) return undefined
  return 'is not a valid route name. Use 1 to 200 characters without spaces, and do not start with `@`'
}

function tagProblem(tag: string): string | undefined {
  return /^[^:]+:./.test(tag) ? undefined : 'must have the form `name:value`'
}
