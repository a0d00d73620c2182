import type { JsonObject } from '../../../core/json.ts'
import { type AdminClient, askPages, type ListObject } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { describeLabels, toText } from './key-text.ts'

/** The maximum that the server gives at once. */
const pageSize = 100

export function askKeys(client: AdminClient, parentId?: string): Promise<ListObject> {
  return askPages(client, { path: '/keys', query: { parent_id: parentId }, pageSize })
}

/** Throws CommandError for a secret in the place of a key's id or name. `what` is the argument or the option. */
export function checkKeyWord(text: string, what: string): void {
  if (text === '') throw usageError(`${what} must be the id or the name of a key; weir keys list shows them.`)
  if (/^(sk-|weir-admin-)/.test(text) || text.length > nameLength)
    throw usageError(
      `${what} must be the id or the name of a key, and this looks like a secret. Secrets belong on stdin.`,
    )
}

/** Names are no longer. */
const nameLength = 100

/**
 * The id of the key that `text` is the id or the name of. A name is compared here and never sent or repeated, since it may be a secret in a
 * wrong place (S21). Rejects with CommandError where no key has it, or more than one.
 */
export async function findKeyId(client: AdminClient, text: string): Promise<string> {
  if (/^key_[0-9a-z]{1,64}$/.test(text)) return text
  const ids = (await askKeys(client)).data.filter((key) => key.name === text).map((key) => toText(key.id))
  const [id, ...others] = ids
  if (id === undefined)
    throw new CommandError(`No key in ${client.place} has this id or name. weir keys list shows them.`)
  if (others.length === 0) return id
  throw new CommandError(`${ids.length} keys have this name: ${ids.join(', ')}. Give one of these ids.`)
}

/** Rows with a `key_id`, each with the key's name, the names of the keys above it and its labels beside it. */
export async function nameKeys(client: AdminClient, rows: readonly JsonObject[]): Promise<readonly JsonObject[]> {
  const keys = new Map((await askKeys(client)).data.map((key) => [toText(key.id), key]))
  const nameAbove = (key: JsonObject | undefined): string => {
    const parent = keys.get(toText(key?.parent_id))
    return parent === undefined
      ? ''
      : [nameAbove(parent), toText(parent.name)].filter((name) => name !== '').join(' / ')
  }
  return rows.map((row) => {
    const key = keys.get(toText(row.key_id))
    const columns = Object.entries(row).flatMap(([column, value]) =>
      column === 'key_id'
        ? [
            [column, value],
            ['name', key?.name],
            ['team', nameAbove(key)],
            ['labels', describeLabels(key?.labels)],
          ]
        : [[column, value]],
    )
    return Object.fromEntries(columns)
  })
}
