import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { nodeClock } from '../node-clock.ts'
import { askObject } from './ask-admin.ts'
import { type CommandRequest, defineCommand, type Work } from './command.ts'
import { usageError } from './command-error.ts'
import { type KeyFields, keyOptions, toKeyFields } from './key-options.ts'
import { readJsonFile, readSecret } from './read-input.ts'
import { checkKeyId } from './read-values.ts'
import { tellSecret } from './tell-secret.ts'

const options = { ...keyOptions, parent: { type: 'string' }, secret: { type: 'string' } } as const

export const createKey = defineCommand({
  options,
  plan: (request) => planKey(request, request.values.secret !== undefined),
})

/** Makes a key of a secret that exists elsewhere. */
export const importKey = defineCommand({ options, plan: (request) => planKey(request, true) })

function planKey({ values, isJson }: CommandRequest<typeof options>, isImport: boolean): Work {
  checkSecretOption(values.secret)
  const given = toKeyFields(values, nodeClock.now())
  const parent = values.parent === undefined ? {} : { parent_id: checkKeyId(values.parent, '--parent') }
  const path = values['from-json']
  if (isImport && path === '-') throw usageError('--from-json - leaves nothing on stdin for the secret. Name a file.')
  return async (client) => {
    const base = path === undefined ? {} : await readJsonFile(path)
    const secret = isImport ? { secret: await readSecret() } : {}
    const body = { ...toKeyBody(base, given), ...parent, ...secret }
    const key = await askObject(client, { method: 'POST', path: '/keys', body })
    const verb = typeof key.secret === 'string' ? 'Made' : 'Imported'
    await tellSecret(key, { verb, place: client.place, isJson })
  }
}

/** Arguments are seen by every user of the machine, and kept by the shell. Throws CommandError. */
export function checkSecretOption(secret: string | undefined): void {
  if (secret === undefined || secret === '-') return
  throw usageError(
    '--secret takes - alone, and reads the secret from stdin: others can see the arguments of a command.',
  )
}

/** An object that was given whole, under what the options say. */
export function toKeyBody(base: JsonObject, { fields, limits }: KeyFields): JsonObject {
  if (Object.keys(limits).length === 0) return { ...base, ...fields }
  return { ...base, ...fields, limits: { ...(isJsonObject(base.limits) && base.limits), ...limits } }
}
