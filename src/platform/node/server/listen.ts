import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { ConfigError } from '../../../config/config-error.ts'

interface Place {
  readonly host: string
  readonly port: number
}

/** Resolves when the server listens. Rejects with the system's error. */
export function listen(server: Server, { host, port }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Listens for a moment. A port that is taken is no mistake of the configuration, since a server may be running by it: answers the error that a
 * start would end with. Rejects with ConfigError where no server could ever listen there.
 */
export async function tryListening(place: Place): Promise<ConfigError | undefined> {
  const server = createServer()
  try {
    await listen(server, place)
    return undefined
  } catch (error) {
    const refusal = toListenError(error, place)
    if (codeOf(error) === 'EADDRINUSE') return refusal
    throw refusal
  } finally {
    server.close()
  }
}

/** The error that tells the operator why a server cannot listen. */
export function toListenError(error: unknown, { host, port }: Place): ConfigError {
  const what =
    codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES'
      ? `PORT: ${host}:${port} cannot be listened on (${codeOf(error)}). Choose another with --port or PORT`
      : `HOST: ${host}:${port} cannot be listened on (${codeOf(error)}). Choose an address of this machine with --host or HOST`
  return new ConfigError([what], { cause: error })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
