import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { ConfigError } from '../../../config/config-error.ts'

interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Starts to listen. Rejects with the system's error. */
export function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Listens for a moment. Returns the error of a start if the port is in use: that is not a mistake in the configuration,
 * because the server itself may be running. Rejects with ConfigError if no server could ever listen there.
 */
export async function tryListening(address: ListenAddress): Promise<ConfigError | undefined> {
  const server = createServer()
  try {
    await listen(server, address)
    return undefined
  } catch (error) {
    const listenError = toListenError(error, address)
    if (codeOf(error) === 'EADDRINUSE') return listenError
    throw listenError
  } finally {
    server.close()
  }
}

/** Returns an error that explains to the operator why a server cannot listen. */
export function toListenError(error: unknown, { host, port }: ListenAddress): ConfigError {
  const problem =
    codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES'
      ? `PORT: cannot listen on ${host}:${port} (${codeOf(error)}). Choose another port with --port or PORT`
      : `HOST: cannot listen on ${host}:${port} (${codeOf(error)}). Choose an address of this machine with --host or HOST`
  return new ConfigError([problem], { cause: error })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
