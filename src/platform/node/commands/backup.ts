import { existsSync, realpathSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { nodeClock } from '../node-clock.ts'
import { copyDatabase } from '../storage/copy-database.ts'
import { databaseIn } from '../storage/open-storage.ts'
import { restoreDatabase } from '../storage/restore-database.ts'
import { CommandError, usageError } from './command-error.ts'
import { readLocalSettings, requireDatabase } from './local-client.ts'
import { configOption } from './options.ts'
import { say } from './print.ts'

interface CopyOptions {
  readonly config?: string
  readonly force?: true
}

/** A copy has time, and calls have not. */
const lowPriority = 10

export function defineBackup(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Copies the database, with keys, records and sessions, into a file that only its owner can read. It works in the folder of the server, also while that runs. Kept pictures are not in it: they are files of the folder images, which never change.',
    )
    .argument('<file>', 'where the copy goes')
    .addOption(configOption())
    .option('--force', 'replace a file that is there')
    .addHelpText('after', '\nExample:\n  weir backup weir-monday.db')
    .action(async (file: string, options: CopyOptions) => {
      const path = await findDatabase(env, options.config)
      requireDatabase(path)
      const target = resolve(file)
      if (existsSync(target) && realpathSync(target) === realpathSync(path))
        throw usageError('This is the database itself. Name another file.')
      if (existsSync(target) && !options.force)
        throw new CommandError('This file is there already. Name another, or replace it with --force.')
      setPriority(lowPriority)
      await copyDatabase(path, target).catch((cause) => {
        throw new CommandError(`The backup cannot be written: ${reasonOf(cause)}. Nothing was left of it.`, { cause })
      })
      say(
        `The database is in ${target}. Copy ${join(path, '..', 'images')} too, if pictures are kept there: they are not in it.`,
      )
    })
}

export function defineRestore(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Puts a backup in the place of the database, which is kept beside it. It works in the folder of the server, and refuses while that runs. Secrets of keys that were deleted or rotated since the backup open again.',
    )
    .argument('<file>', 'what weir backup wrote')
    .addOption(configOption())
    .option('--force', 'also under a running server: calls that are under way are in no record then')
    .addHelpText('after', '\nExample:\n  weir restore weir-monday.db')
    .action(async (file: string, options: CopyOptions) => {
      const path = await findDatabase(env, options.config)
      if (!existsSync(file)) throw new CommandError('There is no such file.')
      const restored = await restoreDatabase(resolve(file), path, {
        evenInUse: options.force === true,
        now: nodeClock.now(),
      }).catch((cause) => {
        throw new CommandError(`The backup cannot be restored: ${reasonOf(cause)}. The database is as it was.`, {
          cause,
        })
      })
      if (restored.kind === 'in-use')
        throw new CommandError(
          'A server, or another command, has the database open. Stop it, or restore under it with --force.',
        )
      say(`${path} is as it was in the backup.`)
      if (restored.aside !== undefined) say(`What it was before is in ${restored.aside}.`)
    })
}

async function findDatabase(env: NodeJS.ProcessEnv, config: string | undefined): Promise<string> {
  if ((env.WEIR_URL ?? '') !== '') throw usageError('This works on the files of this machine only. Unset WEIR_URL.')
  const { storage } = await readLocalSettings(env, config)
  if (storage.path === undefined) throw new CommandError('There is no database: STORAGE_PATH is none.')
  return databaseIn(storage.path)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}
