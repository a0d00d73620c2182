import type { Gateway } from './gateway.ts'
import { openRawClient, type RawClient } from './raw-client.ts'
import { toRequestBytes } from './to-request-bytes.ts'

/**
 * Reads the response to a request in progress, then sends `GET /livez`: on the same connection, or on a new one if the
 * response has `connection: close`. Returns the response and the status of the second one.
 */
export async function readAndAskNext(gateway: Gateway, client: RawClient, sent: Promise<unknown>) {
  const answer = await client.readResponse()
  const isOver = answer.header('connection') === 'close'
  const next = isOver ? await openRawClient(gateway.url) : client
  await (isOver ? client.closed : sent)
  await next.send(toRequestBytes({ target: '/livez' }))
  const { status } = await next.readResponse()
  next.destroy()
  return { answer, isOver, next: status }
}
