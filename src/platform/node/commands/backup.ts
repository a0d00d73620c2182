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
import { printMessage } from './print.ts'

interface CopyOptions {
  readonly config?: string
  readonly force?: true
}

/** `nice` level of a copy: the calls of a running server take precedence. */
const lowPriority = 10

export function defineBackup(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Copies the database (keys, records and sessions) into a file that only its owner can read. Works in the folder of the server, also while the server runs. Stored pictures are not included: they are files in the folder images, which never change.',
    )
    .argument('<file>', 'path of the copy')
    .addOption(configOption())
    .option('--force', 'replace an existing file')
    .addHelpText('after', '\nExample:\n  weir backup weir-monday.db')
    .action(async (file: string, options: CopyOptions) => {
      const path = await findDatabase(env, options.config)
      requireDatabase(path)
      const target = resolve(file)
      if (existsSync(target) && realpathSync(target) === realpathSync(path))
        throw usageError('This file is the database itself. Choose another file.')
      if (existsSync(target) && !options.force)
        throw new CommandError('This file already exists. Choose another, or replace it with --force.')
      setPriority(lowPriority)
      await copyDatabase(path, target).catch((cause) => {
        throw new CommandError(`The backup cannot be written: ${reasonOf(cause)}. The incomplete file was removed.`, {
          cause,
        })
      })
      printMessage(
        `The backup is in ${target}. It does not include pictures. If ${join(path, '..', 'images')} has any, copy that folder too.`,
      )
    })
}

export function defineRestore(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Replaces the database with a backup, and keeps the old database beside it. Works in the folder of the server, and refuses while the server runs. Secrets of keys that were deleted or rotated since the backup work again.',
    )
    .argument('<file>', 'a file that weir backup wrote')
    .addOption(configOption())
    .option('--force', 'restore even while a server runs; calls in progress then get no record')
    .addHelpText('after', '\nExample:\n  weir restore weir-monday.db')
    .action(async (file: string, options: CopyOptions) => {
      const path = await findDatabase(env, options.config)
      if (!existsSync(file)) throw new CommandError('The file does not exist.')
      const restored = await restoreDatabase(resolve(file), path, {
        force: options.force === true,
        now: nodeClock.now(),
      }).catch((cause) => {
        throw new CommandError(`The backup cannot be restored: ${reasonOf(cause)}. The database is unchanged.`, {
          cause,
        })
      })
      if (restored.kind === 'in-use')
        throw new CommandError(
          'A server or another command has the database open. Stop it, or restore anyway with --force.',
        )
      printMessage(`${path} now has the content of the backup.`)
      if (restored.previousPath !== undefined) printMessage(`The previous database is in ${restored.previousPath}.`)
    })
}

async function findDatabase(env: NodeJS.ProcessEnv, config: string | undefined): Promise<string> {
  if ((env.WEIR_URL ?? '') !== '')
    throw usageError('This command works only on the files of this machine. Unset WEIR_URL.')
  const { storage } = await readLocalSettings(env, config)
  if (storage.path === undefined) throw new CommandError('There is no database because STORAGE_PATH is none.')
  return databaseIn(storage.path)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}
