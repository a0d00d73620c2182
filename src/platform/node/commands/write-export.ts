import { pipeline } from 'node:stream/promises'
import { type AdminClient, type AdminQuery, fetchStream } from './client.ts'
import { CommandError } from './command-error.ts'
import { isClosedOutput } from './print.ts'

/** Streams the response to stdout. */
export async function writeExport(client: AdminClient, query: AdminQuery): Promise<void> {
  try {
    await pipeline(await fetchStream(client, query), process.stdout, { end: false })
  } catch (cause) {
    if (cause instanceof CommandError || isClosedOutput(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : 'unknown error'
    throw new CommandError(`The export broke off and is incomplete (${reason}).`, { cause })
  }
}
