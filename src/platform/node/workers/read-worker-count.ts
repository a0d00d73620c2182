import { availableParallelism } from 'node:os'
import { ConfigError } from '../../../config/config-error.ts'

const mostWorkers = 256

/** How many processes are wanted. Throws ConfigError. */
export function readWorkerCount(text: string | undefined): number {
  if (text === undefined || text === '') return 1
  if (text === 'auto') return availableParallelism()
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= mostWorkers) return count
  throw new ConfigError([`WORKERS: must be a whole number from 1 to ${mostWorkers}, or \`auto\``])
}
