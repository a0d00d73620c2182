import * as z from 'zod'
import { endUserSchema } from '../../admin/end-users/end-user.ts'
import { erasureInputSchema, erasureSchema } from '../../admin/end-users/erase-end-user.ts'
import { endUserExportSchema, imageSchema } from '../../admin/end-users/export-end-user.ts'
import {
  deletedKeySchema,
  keyChangeSchema,
  keySchema,
  keyWithSecretSchema,
  newKeySchema,
  rotationSchema,
  secretSchema,
} from '../../admin/keys/key-object.ts'
import {
  deletedLinkSchema,
  linkedKeySchema,
  linkSchema,
  linkWithUrlSchema,
  newLinkSchema,
} from '../../admin/links/link-object.ts'
import {
  deletedPersonSchema,
  newPersonSchema,
  personChangeSchema,
  personSchema,
} from '../../admin/people/person-object.ts'
import { adminSessionSchema, endedSessionSchema } from '../../admin/people/session-object.ts'
import { correctionSchema } from '../../admin/reports/correct-record.ts'
import { reconciliationInputSchema } from '../../admin/reports/reconcile.ts'
import {
  auditEntrySchema,
  balanceSchema,
  limitSchema,
  priceSchema,
  reconciliationSchema,
  recordSchema,
  routeExplanationSchema,
  usageRowSchema,
} from '../../admin/reports/report-schemas.ts'
import { adminRevocationSchema, revocationSchema } from '../../admin/user-tokens/client-token-schemas.ts'
import { budgetInputSchema, budgetSchema, limitsInputSchema, limitsSchema } from '../../config/limit-fields.ts'
import { type ErrorCode, errorTable } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { AdminRoute, LoginRoute, Route } from '../route.ts'
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
    param: z.string().optional().describe('The field that caused the error.'),
  })
  .describe('An error (RFC 9457).')

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
  RevokedTokens: adminRevocationSchema,
  Revocation: revocationSchema,
  DeletedKey: deletedKeySchema,
  Limit: limitSchema,
  Balance: balanceSchema,
  ReconciliationInput: reconciliationInputSchema,
  Reconciliation: reconciliationSchema,
  UsageRow: usageRowSchema,
  Record: recordSchema,
  Correction: correctionSchema,
  EndUser: endUserSchema,
  EndUserExport: endUserExportSchema,
  StoredImage: imageSchema,
  ErasureInput: erasureInputSchema,
  Erasure: erasureSchema,
  Price: priceSchema,
  PriceList: listOf(priceSchema),
  Session: adminSessionSchema,
  EndedSession: endedSessionSchema,
  Person: personSchema,
  PersonList: listOf(personSchema),
  NewPerson: newPersonSchema,
  PersonChange: personChangeSchema,
  DeletedPerson: deletedPersonSchema,
  Link: linkSchema,
  LinkWithUrl: linkWithUrlSchema,
  LinkList: listOf(linkSchema),
  LinkedKey: linkedKeySchema,
  NewLink: newLinkSchema,
  DeletedLink: deletedLinkSchema,
  RouteExplanation: routeExplanationSchema,
  AuditEntry: auditEntrySchema,
  AuditList: listOf(auditEntrySchema),
}

const descriptions: Readonly<Record<string, Omit<RouteDescription, 'errors'>>> = {
  retrieveSession: {
    tag: 'Sign-in',
    summary: 'Says who sends the request.',
    content: json('Session'),
  },
  createSession: {
    tag: 'Sign-in',
    summary: 'Signs in with the admin secret.',
    description:
      'Needs `Authorization: Bearer` with the admin secret. The response sets a cookie, which only this server’s own pages can use: a change needs their `Origin` and `x-weir-request: 1`. The sign-in ends after twelve hours, or after one hour without a request.',
    status: 201,
    content: json('Session'),
  },
  deleteSession: {
    tag: 'Sign-in',
    summary: 'Signs out.',
    description: 'Ends the session of the cookie at once.',
    content: json('EndedSession'),
  },
  startLogin: {
    tag: 'Sign-in',
    summary: 'Redirects a browser to the OpenID provider.',
    status: 302,
    content: {},
  },
  completeLogin: {
    tag: 'Sign-in',
    summary: 'Receives a browser from the OpenID provider, signs it in, and redirects it to the start page.',
    status: 303,
    content: {},
  },
  listPeople: { tag: 'People', summary: 'Lists people, oldest first.', content: json('PersonList') },
  createPerson: {
    tag: 'People',
    summary: 'Adds a person.',
    description: 'Only an owner adds owners and admins.',
    body: json('NewPerson'),
    status: 201,
    content: json('Person'),
  },
  retrievePerson: { tag: 'People', summary: 'Retrieves one person.', content: json('Person') },
  updatePerson: {
    tag: 'People',
    summary: 'Changes a person.',
    description:
      'A JSON Merge Patch (RFC 7396). A new role, and `disabled`, apply to the person’s next request. Only an owner changes owners and admins, and one owner always remains.',
    body: { ...json('PersonChange'), 'application/merge-patch+json': { schema: toReference('PersonChange') } },
    content: json('Person'),
  },
  deletePerson: {
    tag: 'People',
    summary: 'Deletes a person and ends its sign-ins.',
    description: 'The keys of the person stay, and belong to no person.',
    content: json('DeletedPerson'),
  },
  listLinks: { tag: 'Links', summary: 'Lists one-time links without their URLs.', content: json('LinkList') },
  createLink: {
    tag: 'Links',
    summary: 'Creates a one-time link that shows the secret of a key.',
    description:
      'Creates the key of `key`, or gives the key of `key_id` a new secret. The secret exists only once a person opens the link and asks for it; a program that only opens links, such as a mail scanner, does not use it up.',
    body: json('NewLink'),
    status: 201,
    content: json('LinkWithUrl'),
  },
  deleteLink: { tag: 'Links', summary: 'Withdraws a link.', content: json('DeletedLink') },
  listKeys: { tag: 'Keys', summary: 'Lists keys, oldest first.', content: json('KeyList') },
  createKey: {
    tag: 'Keys',
    summary: 'Creates a key.',
    description: 'Only this response shows the secret.',
    body: json('NewKey'),
    status: 201,
    content: json('KeyWithSecret'),
  },
  retrieveKey: { tag: 'Keys', summary: 'Retrieves one key.', content: json('Key') },
  updateKey: {
    tag: 'Keys',
    summary: 'Changes a key.',
    description:
      'A JSON Merge Patch (RFC 7396): an omitted field keeps its value, also within `limits`, `per_user` and `labels`; null removes a value; a list, such as `budgets`, is replaced as a whole.',
    body: { ...json('KeyChange'), 'application/merge-patch+json': { schema: toReference('KeyChange') } },
    content: json('Key'),
  },
  deleteKey: {
    tag: 'Keys',
    summary: 'Deletes a key and all its descendants.',
    description: 'Their records stay, and reports of their ancestors still include them.',
    content: json('DeletedKey'),
  },
  rotateKey: {
    tag: 'Keys',
    summary: 'Rotates the secret of a key.',
    description: 'The old secret stays valid for `overlap_seconds`.',
    body: json('Rotation'),
    isBodyOptional: true,
    content: json('KeyWithSecret'),
  },
  retrieveBalance: {
    tag: 'Keys',
    summary: 'Retrieves the spending of a key and its descendants, and the status of its limits.',
    description: 'The id `operator` is the account that pays the attempts that serve no caller. It has no limits.',
    content: json('Balance'),
  },
  reconcileKey: {
    tag: 'Keys',
    summary: 'Recalculates the balances of a key family from its records.',
    description:
      'Use it after a database was restored to an earlier time and the balances were not, which is possible on Workers. The records are the source of truth. Calls in progress keep their reservations and are charged as usual; new calls wait meanwhile. The request is idempotent. See `docs/backup.md`.',
    body: json('ReconciliationInput'),
    isBodyOptional: true,
    content: json('Reconciliation'),
  },
  exportUsage: {
    tag: 'Reports',
    summary: 'Exports usage totals.',
    description:
      'Totals by UTC day, key, end user, provider, model, tag, route or kind of failure; the last two cover only attempts of routes. The response is streamed.',
    content: exported('UsageRow'),
  },
  exportRecords: {
    tag: 'Reports',
    summary: 'Exports the records of all attempts, oldest first.',
    description: 'The response is streamed. To continue later, send the `seq` of the last record as `after`.',
    content: exported('Record'),
  },
  revokeTokens: {
    tag: 'Keys',
    summary: 'Revokes user tokens.',
    description:
      'Of a key, of one end user of a key, or one token; without `key_id`, those of every key. Applies to the next call; on Workers, one for every key applies within 30 seconds.',
    body: json('RevokedTokens'),
    content: json('Revocation'),
  },
  correctRecord: {
    tag: 'Reports',
    summary: 'Corrects the cost of an attempt.',
    description:
      'Updates totals, balances, and budgets whose current period contains the record. The audit log stores the old cost and the reason. The request is idempotent.',
    body: json('Correction'),
    content: json('Record'),
  },
  eraseEndUser: {
    tag: 'End users',
    summary: 'Erases an end user of a key.',
    description:
      'Deletes the sessions, messages, images and stored responses of an end user, revokes the tokens, and replaces the name in usage records and totals by a random pseudonym. All totals stay equal. The request is idempotent: repeat it at once while `has_more` is true, and after their end if `pending_calls` is above 0. An unknown end user is not an error; then all counts are 0. See `docs/admin.md`.',
    body: json('ErasureInput'),
    content: json('Erasure'),
  },
  exportEndUser: {
    tag: 'End users',
    summary: 'Exports everything that is stored of an end user of a key.',
    description: 'The response is streamed. On Workers, the record of a call appears some seconds after its end.',
    body: json('EndUser'),
    content: json('EndUserExport'),
  },
  listPrices: {
    tag: 'Reports',
    summary: 'Lists the prices of models.',
    description: 'Prices that the operator has configured are listed first.',
    content: json('PriceList'),
  },
  explainRoute: {
    tag: 'Reports',
    summary: 'Explains how a call would be routed.',
    description:
      'Sends nothing and changes nothing. The order of the targets, and why each is tried or left out, are those of a call with these facts at this time. Health, measured times and usual tokens are those that the answering process knows. See `docs/routing.md`.',
    content: json('RouteExplanation'),
  },
  listAudit: { tag: 'Reports', summary: 'Lists the audit log, newest first.', content: json('AuditList') },
  describeAdmin: {
    tag: 'Description',
    summary: 'Describes the admin API.',
    content: { 'application/json': { schema: { type: 'object' } } },
  },
}

/** Describes the admin API in OpenAPI 3.1. `url` is the server's public URL; empty if unknown. */
export async function describeAdmin(routes: readonly Route[], url: string): Promise<JsonObject> {
  const adminRoutes = routes.filter(isAdminRoute)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir: administration',
      version: '1',
      description:
        'People and their roles, virtual keys with their spending, prices of models, and the audit log. The command line offers the same: `weir keys`, `weir people`, `weir links`, `weir end-users`, `weir usage`, `weir records`, `weir prices`, `weir route` and `weir audit`.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      contact: { name: 'The operator of this server' },
    },
    servers: [{ url: url === '' ? '/' : url }],
    security: [{ adminToken: [] }, { session: [] }],
    tags: [
      { name: 'Description', description: 'This document.' },
      { name: 'Sign-in', description: 'Sessions of browsers.' },
      { name: 'People', description: 'The people who administer this server, and their roles.' },
      { name: 'Keys', description: 'Virtual keys.' },
      { name: 'End users', description: 'Export and erasure of what is stored of a person.' },
      { name: 'Links', description: 'One-time links to secrets.' },
      { name: 'Reports', description: 'Usage, records, prices, routing and the audit log.' },
    ],
    paths: describeRoutes(await Promise.all(adminRoutes.map(describe)), {
      admin: { type: 'application/problem+json', schema: 'Problem' },
    }),
    components: {
      securitySchemes: {
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'ADMIN_TOKEN. TOKEN and virtual keys do not work here.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-weir-session',
          description: 'The cookie of a sign-in; over http on the server’s own machine its name is `weir-session`.',
        },
      },
      schemas: toComponents(schemas),
    },
  }
}

type GuardedRoute = Route & (AdminRoute | LoginRoute)

function isAdminRoute(route: Route): route is GuardedRoute {
  return route.auth === 'admin' || route.auth === 'login'
}

async function describe(route: GuardedRoute): Promise<DescribedRoute> {
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
    next: z.string().nullable().describe('The value of `after` for the next page. Null on the last page.'),
  })
}

function exported(schema: string): JsonObject {
  return {
    'application/json': { schema: { type: 'array', items: toReference(schema) } },
    'application/x-ndjson': { schema: { type: 'string', description: 'One JSON object per line.' } },
    'text/csv': {
      schema: { type: 'string', description: 'A header line with the column names, then one row per line.' },
    },
  }
}
