import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sampleSchema } from '../../src/providers/demo/sample-schema.ts'

type Schema = { readonly [keyword: string]: unknown }

/** Validates with an independent validator. */
function findFaults(schema: Schema, value: unknown): readonly string[] {
  const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  // Serialized to JSON first, as for a caller.
  const { error } = validator.safeParse(JSON.parse(JSON.stringify(value)))
  return (error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

const bounds = (min: string, max: string, limit: number) =>
  fc
    .tuple(fc.nat(limit), fc.nat(limit), fc.nat(3))
    .map(
      ([low, more, kind]) => [{}, { [min]: low }, { [max]: low + more }, { [min]: low, [max]: low + more }][kind] ?? {},
    )

const numbers = fc
  .record({
    type: fc.constantFrom('integer', 'number'),
    low: fc.option(fc.integer({ min: -1_000, max: 1_000 })),
    span: fc.option(fc.integer({ min: 2, max: 2_000 })),
    isOpen: fc.boolean(),
    multipleOf: fc.option(fc.constantFrom(1, 2)),
  })
  .map(({ type, low, span, isOpen, multipleOf }) => ({
    type,
    ...(low === null ? {} : { [isOpen ? 'exclusiveMinimum' : 'minimum']: low }),
    ...(span === null ? {} : { [isOpen ? 'exclusiveMaximum' : 'maximum']: (low ?? 0) + span + 2 }),
    ...(multipleOf === null ? {} : { multipleOf }),
  }))

const scalars: fc.Arbitrary<Schema> = fc.oneof(
  numbers,
  bounds('minLength', 'maxLength', 40).map((lengths) => ({ type: 'string', ...lengths })),
  fc
    .constantFrom('date', 'date-time', 'time', 'duration', 'email', 'uuid', 'uri', 'hostname', 'ipv4', 'ipv6')
    .map((format) => ({ type: 'string', format })),
  fc.constantFrom<Schema>(
    { type: 'boolean' },
    { type: 'null' },
    { type: ['string', 'null'] },
    { type: ['null', 'integer'] },
  ),
  fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), { minLength: 1, maxLength: 4 })
    .map((values) => ({ enum: values })),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()).map((value) => ({ const: value })),
)

const names = fc.oneof(
  fc.constantFrom('city', 'query', 'email', 'constructor', 'a b', 'é'),
  fc.string({ minLength: 1, maxLength: 6 }),
)

/** Excludes names that the validator itself drops. */
const safeNames = names.filter((name) => name !== '__proto__')

const schemas: fc.Arbitrary<Schema> = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalars,
    fc
      .tuple(fc.dictionary(safeNames, tie('schema'), { maxKeys: 4 }), fc.boolean(), fc.boolean())
      .map(([properties, isClosed, isStrict]) => ({
        type: 'object',
        properties,
        required: isStrict ? Object.keys(properties) : Object.keys(properties).slice(0, 1),
        ...(isClosed ? { additionalProperties: false } : {}),
      })),
    fc
      .tuple(tie('schema'), bounds('minItems', 'maxItems', 5))
      .map(([items, counts]) => ({ type: 'array', items, ...counts })),
    fc
      .array(tie('schema'), { minLength: 1, maxLength: 3 })
      .map((prefixItems) => ({ type: 'array', prefixItems, minItems: prefixItems.length })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie('schema').map((additionalProperties) => ({ type: 'object', additionalProperties })),
  ),
})).schema

describe('sampleSchema', () => {
  it('satisfies any schema of the supported keywords', () => {
    fc.assert(
      fc.property(schemas, fc.string(), (schema, hint) => {
        const value = sampleSchema(schema, hint)
        expect(value === undefined ? ['nothing'] : findFaults(schema, value)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('satisfies the sum of allOf', () => {
    fc.assert(
      fc.property(
        fc.dictionary(safeNames, scalars, { maxKeys: 4 }),
        fc.dictionary(safeNames, scalars, { maxKeys: 4 }),
        (first, second) => {
          const left = { type: 'object', properties: first, required: Object.keys(first) }
          const distinct = Object.fromEntries(Object.entries(second).filter(([name]) => !Object.hasOwn(first, name)))
          const right = { type: 'object', properties: distinct, required: Object.keys(distinct) }
          const schema = { allOf: [left, { $ref: '#/$defs/right' }], $defs: { right } }
          expect(findFaults(schema, sampleSchema(schema, ''))).toEqual([])
        },
      ),
    )
  })

  it('returns the same value every time', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        expect(sampleSchema(schema, 'x')).toEqual(sampleSchema(schema, 'x'))
      }),
    )
  })

  it('never throws, hangs or returns a value without a JSON form', () => {
    const keyword = fc.constantFrom(
      ...[
        '$ref',
        'allOf',
        'anyOf',
        'oneOf',
        'type',
        'enum',
        'const',
        'properties',
        'required',
        'items',
        'prefixItems',
        'pattern',
      ],
      ...[
        'additionalProperties',
        'minItems',
        'maxItems',
        'minLength',
        'maxLength',
        'minimum',
        'maximum',
        'multipleOf',
        'uniqueItems',
      ],
      ...['contains', 'minProperties', 'patternProperties', 'format'],
    )
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        '#',
        'object',
        'array',
        'string',
        'number',
        1e308,
        -1,
        1_000_000_000,
        true,
        '#/items',
        '#/%',
        '(a',
        '[',
        null,
      ),
      fc.jsonValue(),
    )
    const { wild } = fc.letrec((tie) => ({
      wild: fc.dictionary(
        keyword,
        fc.oneof({ maxDepth: 3 }, value, tie('wild'), fc.array(tie('wild'), { maxLength: 3 })),
      ),
    }))
    fc.assert(
      fc.property(wild, (schema) => {
        expect(JSON.stringify(sampleSchema(schema, ''))).toBeTypeOf('string')
      }),
      { numRuns: 200 },
    )
  })

  it('ends a recursion with null, an empty list, or an omitted property', () => {
    const list = {
      type: 'object',
      properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['value', 'next'],
      additionalProperties: false,
    }
    expect(sampleSchema(list, '')).toMatchObject({ next: { next: { next: null } } })
    const tree = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          required: ['children'],
        },
      },
    }
    expect(sampleSchema(tree, '')).toEqual({ children: [{ children: [] }] })
    const optional = { type: 'object', properties: { me: { $ref: '#' } } }
    expect(sampleSchema(optional, '')).toEqual({ me: { me: {} } })
  })

  it('ends if a schema recurses without a base case', () => {
    expect(sampleSchema({ $ref: '#' }, '')).toEqual({})
    expect(sampleSchema({ type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] }, '')).toEqual({})
    expect(sampleSchema({ $ref: '#/nowhere' }, '')).toEqual({})
    expect(sampleSchema(false, '')).toEqual({})
  })

  it('stays small if definitions multiply one another', () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const references = Object.fromEntries(
      keys.map((key) => [key, { anyOf: [{ $ref: `#/$defs/${key}` }, { type: 'null' }] }]),
    )
    const node = { type: 'object', properties: references, required: keys, additionalProperties: false }
    const schema = { ...node, $defs: Object.fromEntries(keys.map((key) => [key, node])) }
    const value = sampleSchema(schema, '')
    expect(findFaults(schema, value)).toEqual([])
    expect(JSON.stringify(value).length).toBeLessThan(300_000)
  })

  it('ends if references double one another', () => {
    const steps = Array.from({ length: 40 }, (_, index) => ({ $ref: `#/$defs/step${index + 1}` }))
    const $defs = Object.fromEntries(steps.map((step, index) => [`step${index}`, { allOf: [step, step] }]))
    expect(sampleSchema({ $ref: '#/$defs/step0', $defs }, '')).toEqual({})
  })

  it('ends a recursion with the branch that does not recurse', () => {
    const sum = {
      anyOf: [
        { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' } }, required: ['left', 'right'] },
        { type: 'number' },
      ],
    }
    expect(findFaults(sum, sampleSchema(sum, ''))).toEqual([])
  })

  it('stays small if nested lists must be long', () => {
    let schema: Schema = { type: 'string', minLength: 1_000 }
    for (let depth = 0; depth < 10; depth += 1) schema = { type: 'array', items: schema, minItems: 100 }
    expect(JSON.stringify(sampleSchema(schema, '')).length).toBeLessThan(300_000)
  })

  it('returns a plain string for a pattern', () => {
    expect(sampleSchema({ type: 'string', pattern: '^[0-9]{4}$' }, '')).toBe('demo')
  })

  it('satisfies the JSON schema that zod generates for an application', () => {
    const order = z.object({
      id: z.uuid(),
      email: z.email(),
      placed: z.iso.datetime(),
      status: z.enum(['open', 'paid']),
      kind: z.literal('order'),
      note: z.string().min(20).max(40).nullable(),
      rating: z.int().min(1).max(5),
      weight: z.number().gt(0).lt(1),
      lines: z
        .array(z.object({ sku: z.string(), count: z.int().positive() }))
        .min(2)
        .max(3),
      payment: z.discriminatedUnion('by', [
        z.object({ by: z.literal('card'), last4: z.string().length(4) }),
        z.object({ by: z.literal('cash') }),
      ]),
      position: z.tuple([z.number(), z.number()]),
      labels: z.record(z.string(), z.string()),
      country: z.string().default('NL'),
    })
    const sample = sampleSchema(z.toJSONSchema(order), 'hint')
    expect(order.safeParse(sample)).toMatchObject({ success: true })
  })

  it.each<[Schema, unknown]>([
    [{ type: 'object', properties: { query: { type: 'string' } } }, { query: 'What is it?' }],
    [{ type: 'object', properties: { shippingCity: { type: 'string' } } }, { shippingCity: 'Paris' }],
    [{ type: 'object', required: ['__proto__'] }, JSON.parse('{"__proto__":"demo __proto__"}')],
    [{ type: 'object', required: ['a'], additionalProperties: { type: 'integer' } }, { a: 1 }],
    [{ properties: { a: { const: 0 } } }, { a: 0 }],
    [{ items: { enum: ['a', 'b'] } }, ['a']],
    [{ type: 'array', items: { type: 'boolean' }, minItems: 3 }, [true, true, true]],
    [{ type: 'array', items: { type: 'boolean' }, maxItems: 0 }, []],
    [{ type: 'integer', multipleOf: 2.5, minimum: 1, maximum: 6 }, 5],
    [{ type: 'integer', minimum: 2.5, maximum: 3.5 }, 3],
    [{ type: 'integer', exclusiveMinimum: 4, multipleOf: 4 }, 8],
    [{ type: 'number', multipleOf: 0.01, minimum: 0.005, maximum: 0.014 }, 0.01],
    [{ type: 'number', multipleOf: 0.1, minimum: 0.25, maximum: 0.35 }, 0.3],
    [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
    [{ type: 'integer', minimum: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER],
    [{ minimum: 3 }, 3],
    [{ type: 'string', maxLength: 4 }, 'demo'],
    [{ type: 'string', default: 'as usual' }, 'as usual'],
    [{ const: null }, null],
    [{ oneOf: [false, { type: 'null' }] }, null],
    [{ anyOf: [{ minimum: 2, maximum: 1 }, { const: 'b' }] }, 'b'],
    [{ type: 'object', properties: { a: { const: 1 } }, anyOf: [{ required: ['a'] }, { required: ['b'] }] }, { a: 1 }],
    [{ allOf: [{ minimum: 5 }, { maximum: 5 }, { type: 'integer' }] }, 5],
    [{ allOf: [{ type: 'integer' }, true], minimum: 8, maximum: 8 }, 8],
    [
      { allOf: [{ properties: { a: { type: 'integer' } } }, { properties: { a: { minimum: 3, maximum: 3 } } }] },
      { a: 3 },
    ],
    [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': { const: 'found' } } }, 'found'],
    [{ $ref: '#/$defs/a', minimum: 7, $defs: { a: { type: 'integer' } } }, 7],
    [
      {
        allOf: ['a', 'b', 'c'].map((name) => ({ allOf: [{ $ref: '#/$defs/base' }, { title: name }] })),
        $defs: { base: { const: 1 } },
      },
      1,
    ],
    [{}, 'demo'],
  ])('samples %j as %j', (schema, expected) => {
    expect(sampleSchema(schema, 'What is it?')).toEqual(expected)
  })
})
