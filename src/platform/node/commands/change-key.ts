import type { JsonObject } from '../../../core/json.ts'
import { nodeClock } from '../node-clock.ts'
import type { AdminClient } from './admin-client.ts'
import { askObject } from './ask-admin.ts'
import { defineCommand } from './command.ts'
import { CommandError, usageError } from './command-error.ts'
import { keyOptions, toKeyFields } from './key-options.ts'
import { checkSecretOption, toKeyBody } from './make-key.ts'
import { print, printJson, say, toPlainText } from './print.ts'
import { confirm, readJsonFile, readSecret } from './read-input.ts'
import { checkKeyId, parseDuration } from './read-values.ts'
import { renderKey } from './show-key.ts'
import { tellSecret } from './tell-secret.ts'

export const updateKey = defineCommand({
  options: keyOptions,
  words: ['KEY'],
  plan({ values, words: [id = ''], isJson }) {
    const path = toPath(id)
    const given = toKeyFields(values, nodeClock.now())
    const file = values['from-json']
    const changesLimits = Object.keys(given.limits).length > 0
    if (!changesLimits && Object.keys(given.fields).length === 0 && file === undefined)
      throw usageError('Say what to change, such as --rpm 60. See weir keys update --help.')
    return async (client) => {
      const base = file === undefined ? {} : await readJsonFile(file)
      // The server takes limits as a whole.
      const isPartial = changesLimits && base.limits === undefined
      const kept = isPartial ? { limits: (await askObject(client, { method: 'GET', path })).limits } : {}
      await patch(client, path, { body: toKeyBody({ ...base, ...kept }, given), isJson })
    }
  },
})

export const disableKey = defineSwitch(true)
export const enableKey = defineSwitch(false)

export const rotateKey = defineCommand({
  options: { overlap: { type: 'string' }, secret: { type: 'string' } },
  words: ['KEY'],
  plan({ values: { overlap, secret }, words: [id = ''], isJson }) {
    const path = `${toPath(id)}/rotate`
    checkSecretOption(secret)
    const seconds = overlap === undefined ? undefined : parseDuration(overlap)
    if (overlap !== undefined && seconds === undefined)
      throw usageError('--overlap must be a time such as 24h or 7d; 0 ends the old secret at once.')
    return async (client) => {
      const body = {
        ...(seconds !== undefined && { overlap_seconds: seconds }),
        ...(secret !== undefined && { secret: await readSecret() }),
      }
      const key = await askObject(client, { method: 'POST', path, body })
      await tellSecret(key, { verb: 'Rotated', place: client.place, isJson })
    }
  },
})

export const deleteKey = defineCommand({
  options: { yes: { type: 'boolean', short: 'y' } },
  words: ['KEY'],
  plan({ values: { yes }, words: [id = ''], isJson }) {
    const path = toPath(id)
    if (yes !== true && !process.stdin.isTTY)
      throw usageError('Deleting cannot be undone, and nobody is here to be asked. Add --yes.')
    return async (client) => {
      if (yes !== true) await askFirst(client, path)
      const deleted = await askObject(client, { method: 'DELETE', path })
      if (isJson) return printJson(deleted)
      const below = Number(deleted.keys) - 1
      say(`Deleted ${id}${below > 0 ? ` and ${below} below it` : ''} in ${client.place}.`)
    }
  },
})

function defineSwitch(disabled: boolean) {
  return defineCommand({
    options: {},
    words: ['KEY'],
    plan({ words: [id = ''], isJson }) {
      const path = toPath(id)
      return (client) => patch(client, path, { body: { disabled }, isJson })
    },
  })
}

interface Change {
  readonly body: JsonObject
  readonly isJson: boolean
}

async function patch(client: AdminClient, path: string, { body, isJson }: Change): Promise<void> {
  const key = await askObject(client, { method: 'PATCH', path, body })
  await (isJson ? printJson(key) : print(renderKey(key, nodeClock.now())))
}

async function askFirst(client: AdminClient, path: string): Promise<void> {
  const { id, name } = await askObject(client, { method: 'GET', path })
  const what = toPlainText(`${String(id)} (${String(name)})`)
  const agreed = await confirm(`Delete ${what} and every key below it in ${client.place}?`)
  if (agreed === undefined) throw usageError('Deleting cannot be undone, and nobody is here to be asked. Add --yes.')
  if (!agreed) throw new CommandError('Nothing was deleted.')
}

function toPath(id: string): string {
  return `/keys/${checkKeyId(id, 'KEY')}`
}
