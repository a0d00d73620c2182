import type { Gateway } from './gateway.ts'
import { openRawClient, type RawClient } from './raw-client.ts'
import { toRequestBytes } from './to-request-bytes.ts'

/**
 * Reads the answer to a request that is being sent, and asks `GET /livez` after it: on the same connection, or on another where the answer says that
 * this one is over. Returns the answer and the status of the next one.
 */
export async function readAndAskNext(gateway: Gateway, client: RawClient, sent: Promise<unknown>) {
  const answer = await client.readAnswer()
  const isOver = answer.header('connection') === 'close'
  const next = isOver ? await openRawClient(gateway.url) : client
  await (isOver ? client.closed : sent)
  await next.send(toRequestBytes({ target: '/livez' }))
  const { status } = await next.readAnswer()
  next.destroy()
  return { answer, isOver, next: status }
}
