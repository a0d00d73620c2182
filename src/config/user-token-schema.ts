import { amount } from '../schema/field-types.ts'
import { documented } from '../schema/key-documentation.ts'
import { emptyProblem, secretProblem, signingSecretProblem } from '../schema/text-problems.ts'
import { choice, count, list, section, string } from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'
import { grantFields } from './grant-fields.ts'
import { limitsSetting } from './policy-schema.ts'

const { clientTokens, visitors: visitorDefaults } = defaults

/** Minted by a key of this server for its end users. */
export const clientTokensSchema = section(
  {
    secrets: documented(
      list(string(signingSecretProblem))
        .max(2, { error: 'has more than two secrets. Keep the current one and the one before it' })
        .default([]),
      {
        variable: 'CLIENT_TOKEN_SECRETS',
        fallback: 'generated at the first start on Node with storage; none on Workers, which mint no tokens then',
        meaning:
          'Secrets that sign user tokens, each of at least 32 characters. The first one signs; tokens of both are valid. To rotate, put a new secret in front, and remove the old one after a day.',
      },
    ),
    default_seconds: documented(count(10, clientTokens.maxSeconds).default(clientTokens.defaultSeconds), {
      meaning: 'Lifetime of a client token whose request sets none.',
    }),
    max_seconds: documented(count(10, clientTokens.maxSeconds).default(clientTokens.maxSeconds), {
      meaning: 'Maximum lifetime of a client token.',
    }),
    default_usd: documented(amount().default(clientTokens.defaultUsd), {
      meaning:
        'Budget of a client token whose request sets none: the most that a stolen token can spend. A lower budget of its key applies instead.',
    }),
  },
  'Tokens that a server with a key mints for its web page, one for each user (docs/browser.md).',
)

const challenge = section(
  {
    site_key: documented(string(emptyProblem).optional(), {
      fallback: 'none',
      meaning: 'Public key of the widget, which the page shows.',
    }),
    secret: documented(string(secretProblem).optional(), {
      variable: 'CHALLENGE_SECRET',
      fallback: 'none, so no challenge is asked for',
      meaning: 'Secret of the widget, such as Turnstile’s secret key.',
    }),
    verify_url: documented(string(verifyUrlProblem).default(visitorDefaults.verifyUrl), {
      meaning: 'Endpoint that checks an answer, compatible with `siteverify`: Turnstile, hCaptcha, reCAPTCHA.',
    }),
    when: documented(choice(['first', 'risk', 'always']).default('first'), {
      meaning:
        'When a visitor must solve it. `first`: for a new visitor, and at risk. `risk`: if an address asks for many visitors, or a visitor comes from another address. `always`: for each token.',
    }),
  },
  'A check that a visitor is not a program.',
)

/** Callers without any secret, by explicit policy. */
export const visitorsSchema = section(
  {
    origins: documented(grantFields.origins.default([]), {
      fallback: 'none, so there are no visitors',
      meaning:
        'Exact origins of the pages whose visitors may call without a key. Setting them admits visitors, and `limits.budgets` is then required.',
    }),
    models: documented(grantFields.models.optional(), {
      fallback: 'required',
      meaning: 'Patterns of the models that visitors may use.',
    }),
    operations: documented(grantFields.operations.default([...visitorDefaults.operations]), {
      meaning: 'Patterns of the operations that visitors may use.',
    }),
    limits: limitsSetting(
      'The limits of all visitors together. A budget per day is required: it is the most that a flood can spend.',
      'required',
    ),
    per_visitor: limitsSetting('The limits of each visitor.'),
    per_address: limitsSetting('The limits of each address; a network of IPv6 (/64) counts as one address.'),
    token_seconds: documented(count(60, clientTokens.maxSeconds).default(visitorDefaults.tokenSeconds), {
      meaning: 'Lifetime of a visitor token, which the page renews.',
    }),
    new_per_address_per_hour: documented(count(1, 1_000_000).default(visitorDefaults.newPerAddressPerHour), {
      meaning:
        'New visitors of one address in an hour, after which it counts as a risk: it must solve the challenge, or is refused without one. Counted by each process.',
    }),
    challenge,
  },
  'Anonymous visitors of public web pages (docs/browser.md).',
)

function verifyUrlProblem(value: string): string | undefined {
  const isUrl = /^https?:\/\//i.test(value) && URL.canParse(value)
  return isUrl ? undefined : `must be an absolute URL with http:// or https://, such as ${visitorDefaults.verifyUrl}`
}
