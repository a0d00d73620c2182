import type { JsonObject } from '../../../core/json.ts'
import { operatorId } from '../../../storage/key-ids.ts'
import { type AdminClient, fetchPages, type ListObject } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { describeLabels, formatValue } from './key-text.ts'

/** Maximum page size of the server. */
const pageSize = 100

export function fetchKeys(client: AdminClient, parentId?: string): Promise<ListObject> {
  return fetchPages(client, { path: '/keys', query: { parent_id: parentId }, pageSize })
}

/** Throws CommandError if `idOrName` is empty or looks like a secret. `argument` is its name in the message. */
export function checkKeyReference(idOrName: string, argument: string): void {
  if (idOrName === '')
    throw usageError(`${argument} must be the id or the name of a key. List the keys with weir keys list.`)
  if (/^(sk-|weir-admin-)/.test(idOrName) || idOrName.length > maxNameLength)
    throw usageError(
      `${argument} must be the id or the name of a key, but this looks like a secret. Pass secrets on stdin.`,
    )
}

const maxNameLength = 100

/**
 * Returns the id of the key with this id or name, or of the operator's account. Names are compared here, and never sent or printed, because a name
 * may be a misplaced secret (S21). Rejects with CommandError if no key matches, or several.
 */
export async function findKeyId(client: AdminClient, idOrName: string): Promise<string> {
  if (/^key_[0-9a-z]{1,64}$/.test(idOrName) || idOrName === operatorId) return idOrName
  const ids = (await fetchKeys(client)).data.filter((key) => key.name === idOrName).map((key) => formatValue(key.id))
  const [id, ...others] = ids
  if (id === undefined)
    throw new CommandError(`No key in ${client.location} has this id or name. List the keys with weir keys list.`)
  if (others.length === 0) return id
  throw new CommandError(`${ids.length} keys have this name: ${ids.join(', ')}. Use one of these ids.`)
}

/** Returns the id of a key as {@link findKeyId} does, or of callers without a key, which is their name. */
export async function findCallerId(client: AdminClient, name: string): Promise<string> {
  return /^(token|local|anonymous|visitors|login:[a-z0-9_-]{1,90})$/.test(name) ? name : findKeyId(client, name)
}

/** Adds the key's name, team (the names of its ancestors) and labels to each row that has a `key_id`. */
export async function addKeyNames(client: AdminClient, rows: readonly JsonObject[]): Promise<readonly JsonObject[]> {
  const keys = new Map((await fetchKeys(client)).data.map((key) => [formatValue(key.id), key]))
  const teamOf = (key: JsonObject | undefined): string => {
    const parent = keys.get(formatValue(key?.parent_id))
    return parent === undefined
      ? ''
      : [teamOf(parent), formatValue(parent.name)].filter((name) => name !== '').join(' / ')
  }
  return rows.map((row) => {
    const key = keys.get(formatValue(row.key_id))
    const columns = Object.entries(row).flatMap(([column, value]) =>
      column === 'key_id'
        ? [
            [column, value],
            ['name', key?.name],
            ['team', teamOf(key)],
            ['labels', describeLabels(key?.labels)],
          ]
        : [[column, value]],
    )
    return Object.fromEntries(columns)
  })
}
