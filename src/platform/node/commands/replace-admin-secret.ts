import type { AdminPorts } from '../../../admin/administration.ts'
import { noteAudit } from '../../../admin/audit.ts'
import { toHex } from '../../../core/to-hex.ts'
import { makeAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import { parseCommandLine } from './command.ts'
import { CommandError, usageError } from './command-error.ts'
import { openLocalPorts } from './open-local-client.ts'
import { printOnce, say, toJsonText } from './print.ts'

const options = {
  url: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** `weir admin-token`: another secret for the admin API in place of the one that Weir made, told this once. */
export async function replaceAdminSecret(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values, words } = parseCommandLine('admin-token', args, options)
  if (words.length > 0) throw usageError('A word too many: weir admin-token. The secret is made, not given.')
  if ((values.url ?? env.WEIR_URL ?? '') !== '')
    throw usageError('admin-token works on the files of this machine only. Leave --url out, and unset WEIR_URL.')
  const { ports, place, close } = await openLocalPorts(env, values.config, () => {})
  try {
    const secret = makeAdminSecret(ports.secrets)
    await replace(secret, ports)
    say(`This is the admin secret of ${place} from now on, shown this once; the one before it opens nothing any more.`)
    const text = values.json === true ? toJsonText({ object: 'admin_secret', secret }) : `${secret}\n`
    await printOnce(text, 'The secret is lost. Make another: weir admin-token')
  } finally {
    await close()
  }
}

async function replace(secret: string, ports: AdminPorts): Promise<void> {
  const { admin, secrets, clock, settings } = ports
  if (admin.secret === undefined) throw new CommandError(describeRefusal(settings))
  await admin.secret.replace(toHex(secrets.digest(secret)), clock.now())
  await noteAudit({ action: 'admin.replace_secret' }, { actor: 'cli', address: undefined }, ports)
}

function describeRefusal({ access, server, storage }: AdminPorts['settings']): string {
  if (access.adminToken !== undefined)
    return 'ADMIN_TOKEN is set, and it alone opens the admin API. Change it where it is set, or remove it.'
  if (storage.path === undefined) return 'There is nowhere to keep the secret: STORAGE_PATH is none. Set ADMIN_TOKEN.'
  return `A server that others reach (HOST=${server.host}) takes no secret but ADMIN_TOKEN. Set it to what \`openssl rand -hex 32\` prints.`
}
