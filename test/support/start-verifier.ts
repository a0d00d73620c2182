import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * Plays the service of a challenge until the test ends, and returns its URL. Of the widget with the secret
 * `secret-of-the-widget`, the answers that begin with `right` are valid.
 */
export async function startVerifier(hostname: string): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const success = form.get('secret') === 'secret-of-the-widget' && form.get('response')?.startsWith('right') === true
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ success, hostname }))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`
}
