import type { JsonObject } from '../../../core/json.ts'
import { samplePattern } from './sample-pattern.ts'
import type { Place } from './sampler.ts'

/** A `minLength` beyond this is not met. */
const longest = 2_000

/** Values of the formats that JSON schema names; the addresses are reserved for documentation. */
const formats: Readonly<Record<string, (variant: number) => string>> = {
  'date-time': (variant) => `2026-01-${toDay(variant)}T12:00:00Z`,
  date: (variant) => `2026-01-${toDay(variant)}`,
  time: (variant) => `12:00:${String(variant % 60).padStart(2, '0')}Z`,
  duration: (variant) => `P${variant + 1}D`,
  email: (variant) => `demo${variant === 0 ? '' : variant}@example.com`,
  'idn-email': (variant) => `demo${variant === 0 ? '' : variant}@example.com`,
  hostname: (variant) => `${variant === 0 ? 'demo' : `demo${variant}`}.example.com`,
  ipv4: (variant) => `192.0.2.${(variant % 254) + 1}`,
  ipv6: (variant) => `2001:db8::${((variant % 0xffff) + 1).toString(16)}`,
  uuid: (variant) => `00000000-0000-4000-8000-${variant.toString(16).padStart(12, '0')}`,
  uri: (variant) => `https://example.com/demo${variant === 0 ? '' : variant}`,
  'uri-reference': (variant) => `https://example.com/demo${variant === 0 ? '' : variant}`,
  'json-pointer': (variant) => `/demo/${variant}`,
  regex: () => '^demo$',
}

/** What a property of a certain name is likely to want. The last word of `shippingCity` counts. */
const likelyValues: readonly (readonly [RegExp, (hint: string) => string])[] = [
  [/(query|question|prompt|text|message|search|topic|^q)$/i, (hint) => hint],
  [/(city|location|place|destination)$/i, () => 'Paris'],
  [/country$/i, () => 'France'],
  [/(language|locale)$/i, () => 'en'],
  [/currency$/i, () => 'EUR'],
  [/e-?mail$/i, () => 'demo@example.com'],
  [/(url|uri|link|website)$/i, () => 'https://example.com/demo'],
  [/date$/i, () => '2026-01-01'],
]

/** A text of the wanted format, pattern and length, that suits the name of its property. */
export function sampleString(schema: JsonObject, place: Place, hint: string): string | undefined {
  const least = Math.min(longest, readNumber(schema.minLength, 0))
  const most = Math.min(longest, readNumber(schema.maxLength, longest))
  if (least > most) return undefined
  const { pattern, format } = schema
  if (typeof pattern === 'string') return samplePattern(pattern, { least, most })
  const make = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined
  return make === undefined ? toLength(suggest(place, hint), least, most) : make(place.variant)
}

function suggest({ name, variant }: Place, hint: string): string {
  const [, likely] = likelyValues.find(([names]) => names.test(name)) ?? []
  const suggested = likely?.(hint) ?? ''
  const text = suggested === '' ? `demo ${name}`.trim() : suggested
  return variant === 0 ? text : `${text} ${variant + 1}`
}

/** Lengths are counted in characters, as JSON schema does. */
function toLength(text: string, least: number, most: number): string {
  const characters = [...text]
  while (characters.length < least) characters.push('o')
  return characters.slice(0, most).join('')
}

function toDay(variant: number): string {
  return String((variant % 28) + 1).padStart(2, '0')
}

function readNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
