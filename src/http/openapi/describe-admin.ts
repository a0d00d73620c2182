import * as z from 'zod'
import {
  deletedKeySchema,
  keyChangeSchema,
  keySchema,
  keyWithSecretSchema,
  newKeySchema,
  rotationSchema,
  secretSchema,
} from '../../admin/keys/key-object.ts'
import { budgetInputSchema, budgetSchema, limitsInputSchema, limitsSchema } from '../../admin/keys/limit-fields.ts'
import { correctionSchema } from '../../admin/reports/correct-record.ts'
import { reconciliationInputSchema } from '../../admin/reports/reconcile.ts'
import {
  auditEntrySchema,
  balanceSchema,
  limitSchema,
  priceSchema,
  reconciliationSchema,
  recordSchema,
  usageRowSchema,
} from '../../admin/reports/report-schemas.ts'
import { type ErrorCode, errorTable } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { AdminRoute, Route } from '../route.ts'
import {
  type DescribedRoute,
  describeRoutes,
  json,
  type RouteDescription,
  toComponents,
  toReference,
} from './document.ts'

const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]

const problemSchema = z
  .strictObject({
    type: z.string().meta({ format: 'uri' }),
    title: z.string(),
    status: z.int().min(400),
    detail: z.string(),
    code: z.enum(errorCodes),
    param: z.string().optional().describe('The field at fault.'),
  })
  .describe('An error (RFC 9457).')

/** The schemas of the admin API, by name. */
const schemas = {
  Problem: problemSchema,
  Budget: budgetSchema,
  BudgetInput: budgetInputSchema,
  Limits: limitsSchema,
  LimitsInput: limitsInputSchema,
  Secret: secretSchema,
  Key: keySchema,
  KeyWithSecret: keyWithSecretSchema,
  KeyList: listOf(keySchema),
  NewKey: newKeySchema,
  KeyChange: keyChangeSchema,
  Rotation: rotationSchema,
  DeletedKey: deletedKeySchema,
  Limit: limitSchema,
  Balance: balanceSchema,
  ReconciliationInput: reconciliationInputSchema,
  Reconciliation: reconciliationSchema,
  UsageRow: usageRowSchema,
  Record: recordSchema,
  Correction: correctionSchema,
  Price: priceSchema,
  PriceList: listOf(priceSchema),
  AuditEntry: auditEntrySchema,
  AuditList: listOf(auditEntrySchema),
}

const descriptions: Readonly<Record<string, Omit<RouteDescription, 'errors'>>> = {
  listKeys: { tag: 'Keys', summary: 'Lists keys, oldest first.', content: json('KeyList') },
  createKey: {
    tag: 'Keys',
    summary: 'Makes a key.',
    description: 'The response shows its secret this once.',
    body: json('NewKey'),
    status: 201,
    content: json('KeyWithSecret'),
  },
  retrieveKey: { tag: 'Keys', summary: 'Retrieves one key.', content: json('Key') },
  updateKey: {
    tag: 'Keys',
    summary: 'Changes a key.',
    description:
      'A JSON Merge Patch (RFC 7396): whatever is left out stays, also within `limits`, `per_user` and `labels`; null takes a value away; a list, such as the budgets, is replaced as a whole.',
    body: { ...json('KeyChange'), 'application/merge-patch+json': { schema: toReference('KeyChange') } },
    content: json('Key'),
  },
  deleteKey: {
    tag: 'Keys',
    summary: 'Deletes a key with all keys below it.',
    description: 'Their records stay, and the reports of the keys above include them as before.',
    content: json('DeletedKey'),
  },
  rotateKey: {
    tag: 'Keys',
    summary: 'Gives a key another secret.',
    description: 'The old secret goes on for the overlap.',
    body: json('Rotation'),
    isBodyOptional: true,
    content: json('KeyWithSecret'),
  },
  retrieveBalance: {
    tag: 'Keys',
    summary: 'Retrieves what a key has spent, with all keys below it, and what is left of its limits.',
    content: json('Balance'),
  },
  reconcileKey: {
    tag: 'Keys',
    summary: 'Sets what the keys of a family have spent to what its records say.',
    description:
      'For a database that was restored to an earlier moment beside balances that were not, as on Workers. The records are the truth. Calls under way keep what is reserved for them and are booked as always; new ones wait meanwhile. Made again, nothing changes. `docs/backup.md` tells when.',
    body: json('ReconciliationInput'),
    isBodyOptional: true,
    content: json('Reconciliation'),
  },
  exportUsage: {
    tag: 'Reports',
    summary: 'Exports sums of usage.',
    description: 'By UTC day, key, end user, provider, model or tag. The response streams.',
    content: exported('UsageRow'),
  },
  exportRecords: {
    tag: 'Reports',
    summary: 'Exports the record of every attempt, oldest first.',
    description: 'The response streams. To read on later, send the `seq` of the last record as `after`.',
    content: exported('Record'),
  },
  correctRecord: {
    tag: 'Reports',
    summary: 'Sets what an attempt has cost, once that is known better.',
    description:
      'Sums follow, and so do balances and budgets in the periods that the record lies in and that are running. The audit log keeps the old cost and the reason. The same correction made again changes nothing.',
    body: json('Correction'),
    content: json('Record'),
  },
  listPrices: {
    tag: 'Reports',
    summary: 'Lists what models cost.',
    description: 'The prices of the operator come first.',
    content: json('PriceList'),
  },
  listAudit: { tag: 'Reports', summary: 'Lists who changed what, newest first.', content: json('AuditList') },
  describeAdmin: {
    tag: 'Description',
    summary: 'Describes the admin API.',
    content: { 'application/json': { schema: { type: 'object' } } },
  },
}

/** The description of the admin API by OpenAPI 3.1. `url` is where the server is reached; empty if that is not known. */
export async function describeAdmin(routes: readonly Route[], url: string): Promise<JsonObject> {
  const adminRoutes = routes.filter((route) => route.auth === 'admin')
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir: administration',
      version: '1',
      description:
        'Virtual keys, what they have spent, what models cost, and who changed what. The command line does the same: `weir keys`, `weir usage`, `weir records`, `weir prices` and `weir audit`.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      contact: { name: 'The operator of this server' },
    },
    servers: [{ url: url === '' ? '/' : url }],
    security: [{ adminToken: [] }],
    tags: [
      { name: 'Description', description: 'This document.' },
      { name: 'Keys', description: 'Virtual keys.' },
      { name: 'Reports', description: 'What was used, what it cost and who changed what.' },
    ],
    paths: describeRoutes(await Promise.all(adminRoutes.map(describe)), {
      admin: { type: 'application/problem+json', schema: 'Problem' },
    }),
    components: {
      securitySchemes: {
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'ADMIN_TOKEN. TOKEN and the keys of callers open nothing here.',
        },
      },
      schemas: toComponents(schemas),
    },
  }
}

async function describe(route: Route & AdminRoute): Promise<DescribedRoute> {
  const description = descriptions[route.id]
  if (description === undefined) throw new Error(`${route.id} is not described`)
  const errors = [400, 401, 403]
  if (route.path.includes('{')) errors.push(404)
  if (description.body !== undefined) errors.push(413, 415)
  const { query } = await route.load()
  return { ...description, route, query, errors: [...errors, 429] }
}

function listOf(item: z.ZodType) {
  return z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    has_more: z.boolean(),
    next: z.string().nullable().describe('The `after` of the next page.'),
  })
}

function exported(schema: string): JsonObject {
  return {
    'application/json': { schema: { type: 'array', items: toReference(schema) } },
    'application/x-ndjson': { schema: { type: 'string', description: 'One object a line.' } },
    'text/csv': { schema: { type: 'string', description: 'One row each, below their names.' } },
  }
}
