import type { Command } from 'commander'
import type { AdminPorts } from '../../../admin/administration.ts'
import { noteAudit } from '../../../admin/audit.ts'
import { toHex } from '../../../core/to-hex.ts'
import { makeAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import { CommandError, usageError } from './command-error.ts'
import { openLocalPorts } from './local-client.ts'
import { configOption } from './options.ts'
import { printOnce, say, stringifyJson } from './print.ts'

interface AdminTokenOptions {
  readonly config?: string
  readonly json?: true
}

export function defineAdminToken(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Makes another secret for the admin API in place of the one that Weir made, and shows it once. It works in the folder of the server, also while that runs. Where ADMIN_TOKEN is set, that is the secret instead.',
    )
    .addOption(configOption())
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExample:\n  weir admin-token')
    .action((options: AdminTokenOptions) => replaceAdminSecret(options, env))
}

async function replaceAdminSecret({ config, json }: AdminTokenOptions, env: NodeJS.ProcessEnv): Promise<void> {
  if ((env.WEIR_URL ?? '') !== '')
    throw usageError('admin-token works on the files of this machine only. Unset WEIR_URL.')
  const { ports, place, close } = await openLocalPorts(env, config, () => {})
  try {
    const { admin, secrets, clock, settings } = ports
    if (admin.secret === undefined) throw new CommandError(describeRefusal(settings))
    const secret = makeAdminSecret(secrets)
    await admin.secret.replace(toHex(secrets.digest(secret)), clock.now())
    await noteAudit({ action: 'admin.replace_secret' }, { actor: 'cli', address: undefined }, ports)
    say(`This is the admin secret of ${place} from now on, shown this once; the one before it opens nothing any more.`)
    // The environment and the options of a running server are not known here.
    say(
      'A server that was started with ADMIN_TOKEN, or with a host that others reach, refuses it: ADMIN_TOKEN is its secret.',
    )
    await printOnce(
      json ? stringifyJson({ object: 'admin_secret', secret }) : `${secret}\n`,
      'The secret is lost. Make another: weir admin-token',
    )
  } finally {
    await close()
  }
}

function describeRefusal({ access, server, storage }: AdminPorts['settings']): string {
  if (access.adminToken !== undefined)
    return 'ADMIN_TOKEN is set, and it alone opens the admin API. Change it where it is set, or remove it.'
  if (storage.path === undefined) return 'There is nowhere to keep the secret: STORAGE_PATH is none. Set ADMIN_TOKEN.'
  return `A server that others reach (HOST=${server.host}) takes no secret but ADMIN_TOKEN. Set it to what \`openssl rand -hex 32\` prints.`
}
