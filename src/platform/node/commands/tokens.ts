import type { Command } from 'commander'
import type { JsonObject } from '../../../core/json.ts'
import { toInstant } from '../../../schema/field-types.ts'
import { nodeClock } from '../node-clock.ts'
import { type AdminClient, fetchObject } from './client.ts'
import { usageError } from './command-error.ts'
import { checkKeyReference, findCallerId } from './key-names.ts'
import { addClientOptions, type ClientOptions, valueOption, withClient } from './options.ts'
import { printJson, printMessage } from './print.ts'
import { prepareConfirmation } from './read-input.ts'
import { parseDuration } from './read-values.ts'

/** Defines `weir tokens …`. */
export function defineTokens(tokens: Command, env: NodeJS.ProcessEnv): void {
  tokens.description('User tokens: those that web pages present instead of a key.')

  const revoke = tokens
    .command('revoke')
    .description(
      'Refuses user tokens that exist now: one, those of an end user, of a key and the keys below it, or of every key.',
    )
    .addOption(
      valueOption(
        '--key <key>',
        'id or name of the key; token, visitors or login:<name> for the others (default: every key)',
      ),
    )
    .addOption(valueOption('--user <string>', 'only the tokens of this end user of the key'))
    .addOption(valueOption('--id <id>', 'only this token of the key, such as ct_019a…; for a login, its jti'))
    .addOption(
      valueOption(
        '--before <time>',
        'only tokens issued before: an instant, a day (its midnight in UTC), or 15m for 15 minutes ago (default: now)',
      ),
    )
    .option('-y, --yes', 'revoke the tokens of every key without confirmation (default: ask at a terminal)')
    .addHelpText('after', '\nExample:\n  weir tokens revoke --key app --user u_42')
    .action((options: RevokeOptions) => revokeTokens(options, env))
  addClientOptions(revoke)
}

interface RevokeOptions extends ClientOptions {
  readonly key?: string
  readonly user?: string
  readonly id?: string
  readonly before?: string
  readonly yes?: true
}

async function revokeTokens(options: RevokeOptions, env: NodeJS.ProcessEnv): Promise<void> {
  checkOptions(options)
  const { key, user, id, before } = options
  const issuedBefore = before === undefined ? undefined : readBefore(before, nodeClock.now())
  const confirm = prepareConfirmation({
    isConfirmed: key !== undefined || options.yes === true,
    unconfirmed:
      'Without --key, this revokes the tokens of every key, and there is no terminal to confirm it at. Add --yes.',
    declined: 'Nothing was revoked.',
  })
  await withClient(options, env, async (client) => {
    await confirm(() => `Revoke the user tokens of every key in ${client.location}?`)
    const body = {
      ...(key !== undefined && { key_id: await findCallerId(client, key) }),
      ...(user !== undefined && { end_user: user }),
      ...(id !== undefined && { id }),
      ...(issuedBefore !== undefined && { issued_before: issuedBefore }),
    }
    const revocation = await fetchObject(client, { method: 'POST', path: '/revocations', body })
    if (options.json) return printJson(revocation)
    printMessage(describeRevocation(revocation, client))
  })
}

/** Neither the end user nor the id is repeated: both may be a person's name, and the id a misplaced secret (S21). */
function describeRevocation(revocation: JsonObject, { location }: AdminClient): string {
  const { key_id: keyId, id, end_user_sha256: digest, issued_until: until } = revocation
  const owner = typeof keyId === 'string' ? keyId : 'every key'
  if (typeof id === 'string') return `Revoked one user token of ${owner} in ${location}.`
  const whose = typeof digest === 'string' ? `one end user of ${owner}` : owner
  return `Revoked the user tokens of ${whose} that were issued until ${new Date(Number(until)).toISOString()} in ${location}.`
}

function checkOptions({ key, user, id, before }: RevokeOptions): void {
  if (key !== undefined) checkKeyReference(key, '--key')
  if (user !== undefined && id !== undefined) throw usageError('--user and --id cannot be combined. Use one of them.')
  if (key === undefined && (user !== undefined || id !== undefined))
    throw usageError(`${user === undefined ? '--id' : '--user'} needs --key: the key that the tokens act for.`)
  if (user === '') throw usageError('--user must not be empty.')
  if (id === '') throw usageError('--id must not be empty.')
  if (id !== undefined && /^(ey|sk-)/.test(id))
    throw usageError('--id must be the id of a token, but this looks like the token itself.')
  if (id !== undefined && before !== undefined)
    throw usageError('--before selects tokens by their age, and --id names one. Use one of them.')
}

/** Converts the value to the API's format. */
function readBefore(value: string, now: number): string {
  const seconds = parseDuration(value)
  const instant = seconds === undefined ? toInstant(value) : now - seconds * 1_000
  if (instant !== undefined && instant >= 0) return new Date(instant).toISOString()
  throw usageError('--before must be an instant such as 2030-01-31T08:00:00Z, a day, or a duration ago such as 15m.')
}
