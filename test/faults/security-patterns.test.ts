import { expect, test } from 'vitest'
import { toCsvLine } from '../../src/admin/reports/export.ts'
import { isLoopbackAuthority, isLoopbackOrigin } from '../../src/core/loopback.ts'
import { matchesPattern } from '../../src/core/match-pattern.ts'
import { refuseKeyInUrl } from '../../src/http/read-credentials.ts'
import { readTarget } from '../../src/http/read-target.ts'
import { parseFormType } from '../../src/openai/form-boundary.ts'
import { locateJsonError } from '../../src/openai/locate-json-error.ts'
import { readOtherModels, readQueriedModels } from '../../src/openai/other-models.ts'
import { withoutApiVersion } from '../../src/openai/without-api-version.ts'
import { createHeaderFilter } from '../../src/providers/forward-headers.ts'

/** Quadratic time, and anything slower, exceeds a test's timeout at this length. */
const length = 1_000_000
const pieces = [
  'a',
  ' ',
  '\t',
  '/',
  '.',
  '-',
  '_',
  ';',
  '=',
  '"',
  '\\',
  '%',
  '%2f',
  '&',
  'a=',
  'a.',
  'a-',
  '[',
  '{',
  '\\"',
  '\r\n',
  ' ;',
]
const attempt = (work: () => unknown) => {
  try {
    work()
  } catch {
    // A refusal counts as a result.
  }
}

/** All functions that match a caller's whole input against a pattern. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'a target': (text) => readTarget(`/${text}x`, 'weir.test'),
  'a target of Azure': (text) => readTarget(`/openai/deployments/${text}/x`, 'weir.test'),
  'a query': (text) => [refuseKeyInUrl(`?${text}`), readQueriedModels(`?${text}`), withoutApiVersion(`?api${text}`)],
  'a host': (text) => isLoopbackAuthority(`${text}localhost.x`),
  'an origin': (text) => isLoopbackOrigin(`http://${text}localhost.x`),
  'a content type': (text) => parseFormType(`multipart/form-data; boundary=${text}x; y`),
  'a cell': (text) => toCsvLine([text, [text]]),
  'the name of a field': (text) => readOtherModels({ [`${text}fallbacks${text}`]: 'x' }),
  'the name of a header': (text) =>
    createHeaderFilter({ allow: ['*x*y*'], deny: [] })({ [text]: 'x' }, { hasOwnKey: false, isRelayed: false }),
  'a model beside a pattern': (text) => matchesPattern(`*${'a*'.repeat(50)}!`, text),
  'invalid JSON': (text) => locateJsonError(`{"a":"${text.slice(0, 900_000)}`),
}

test.each(Object.entries(readers))(
  'S62 case D18: the time to read %s grows linearly with its length',
  (_input, read) => {
    for (const piece of pieces) attempt(() => read(piece.repeat(length / piece.length)))
    expect(pieces.length).toBeGreaterThan(20)
  },
)
