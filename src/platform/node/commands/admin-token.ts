import type { Command } from 'commander'
import type { AdminPorts } from '../../../admin/administration.ts'
import { appendAudit } from '../../../admin/audit.ts'
import { toHex } from '../../../core/to-hex.ts'
import { createAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import { CommandError, usageError } from './command-error.ts'
import { openLocalPorts } from './local-client.ts'
import { configOption } from './options.ts'
import { printMessage, printOnce, stringifyJson } from './print.ts'

interface AdminTokenOptions {
  readonly config?: string
  readonly json?: true
}

export function defineAdminToken(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Replaces the admin secret that Weir generated, and prints the new one once. Works in the folder of the server, also while the server runs. If ADMIN_TOKEN is set, it is the admin secret instead.',
    )
    .addOption(configOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  weir admin-token')
    .action((options: AdminTokenOptions) => replaceAdminSecret(options, env))
}

async function replaceAdminSecret({ config, json }: AdminTokenOptions, env: NodeJS.ProcessEnv): Promise<void> {
  if ((env.WEIR_URL ?? '') !== '')
    throw usageError('admin-token works only on the files of this machine. Unset WEIR_URL.')
  const { ports, location, close } = await openLocalPorts(env, config, () => {})
  try {
    const { admin, secrets, clock, settings } = ports
    if (admin.secret === undefined) throw new CommandError(describeRefusal(settings))
    const secret = createAdminSecret(secrets)
    await admin.secret.replace(toHex(secrets.digest(secret)), clock.now())
    await appendAudit(
      { action: 'admin.replace_secret' },
      { actor: 'cli', address: undefined, person: undefined },
      ports,
    )
    printMessage(`This is the new admin secret of ${location}. It is shown only once. The old secret no longer works.`)
    // The command does not know the environment and the options of a running server.
    printMessage(
      'A server that was started with ADMIN_TOKEN, or with a HOST that other machines reach, refuses it and accepts only ADMIN_TOKEN.',
    )
    await printOnce(
      json ? stringifyJson({ object: 'admin_secret', secret }) : `${secret}\n`,
      'The secret is lost. Create another: weir admin-token',
    )
  } finally {
    await close()
  }
}

function describeRefusal({ access, server, storage }: AdminPorts['settings']): string {
  if (access.adminToken !== undefined)
    return 'ADMIN_TOKEN is set and is the only secret of the admin API. Change it where it is set, or remove it.'
  if (storage.path === undefined)
    return 'The secret cannot be stored because STORAGE_PATH is none. Set ADMIN_TOKEN instead.'
  return `A server that other machines reach (HOST=${server.host}) accepts no secret except ADMIN_TOKEN. Set it to the output of \`openssl rand -hex 32\`.`
}
