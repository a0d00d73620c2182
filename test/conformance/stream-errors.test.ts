import { expect, test } from 'vitest'
import { chatChunks, chatRequest, responseEvents } from '../support/fixtures.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { sse } from '../support/upstream-scripts.ts'
import { describeSdks, type UpstreamConnection } from './describe-sdks.ts'
import { toError } from './fixtures.ts'

const someChunks = chatChunks.slice(0, 2)
const overloaded = toError('server_error', 'server_error')

/** Failures of a stream, and the error code that the SDK reports for each. */
const failures: readonly { readonly title: string; readonly script: Script; readonly code: string }[] = [
  {
    title: 'the upstream reports an error mid-stream',
    script: sse([...someChunks, overloaded], { doneAtEnd: false }),
    code: 'server_error',
  },
  {
    title: 'the connection breaks',
    script: sse(someChunks, { doneAtEnd: false, ending: 'reset' }),
    code: 'upstream_interrupted',
  },
  {
    title: 'the upstream closes normally before the end',
    script: sse(someChunks, { doneAtEnd: false, framing: 'close' }),
    code: 'upstream_interrupted',
  },
]

describeSdks('a failed stream through Weir', ({ sdk, connectUpstream }) => {
  test.each(failures)('R11 R12 gives its chunks, then an APIError: $title', async ({ script, code }) => {
    const { seen, error } = await readChat(await connectUpstream(), script)
    expect(seen).toMatchObject(someChunks)
    expect(error).toBeInstanceOf(sdk.OpenAI.APIError)
    expect(error).toMatchObject({ code })
  })

  test('R12 also gives an APIError if a response ends before its last event', async () => {
    const { client, upstream } = await connectUpstream()
    upstream.respond(sse(responseEvents.slice(0, 3), { doneAtEnd: false }))
    const stream = await client.responses.create({ model: 'gpt-4.1', input: 'Hi', stream: true })
    const types: string[] = []
    const reading = (async () => {
      for await (const event of stream) types.push(event.type)
    })()
    const error = await reading.catch((thrown: unknown) => thrown)
    expect(types).toEqual(['response.created', 'response.in_progress', 'response.output_text.delta'])
    expect(error).toBeInstanceOf(sdk.OpenAI.APIError)
    expect(error).toMatchObject({ code: 'upstream_interrupted' })
  })
})

async function readChat({ client, upstream }: UpstreamConnection, script: Script) {
  upstream.respond(script)
  const stream = await client.chat.completions.create({ ...chatRequest, stream: true })
  const seen: unknown[] = []
  const reading = (async () => {
    for await (const chunk of stream) seen.push(chunk)
  })()
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { seen, error }
}
