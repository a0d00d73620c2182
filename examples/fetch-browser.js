// A streamed answer with nothing but fetch: no SDK, no build. Runs in a page (`<script type="module">`) and in Node.
// You see an answer that grows word by word.
// Run it beside `npm start`: npx node examples/fetch-browser.js
const { WEIR_URL = 'http://localhost:8787', TOKEN = 'none' } = globalThis.process?.env ?? {}

for await (const word of streamChat({ model: 'demo/chat', messages: [{ role: 'user', content: 'Hello!' }] })) {
  if (globalThis.document) document.body.append(word)
  else process.stdout.write(word)
}

/** Yields the words of an answer as they come. Leaving the loop early stops the provider, too. */
export async function* streamChat(body) {
  const response = await fetch(`${WEIR_URL}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  })
  if (!response.ok) throw new Error((await response.json()).error.message)
  for await (const data of readEvents(response.body)) {
    if (data === '[DONE]') return
    const { choices, error } = JSON.parse(data)
    // After the first word there is no status left to send: an error comes as an event.
    if (error) throw new Error(error.message)
    yield choices[0]?.delta.content ?? ''
  }
}

/** Yields the `data` of server-sent events. Lines that begin with a colon are heartbeats. */
async function* readEvents(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('data:')) yield line.slice('data:'.length).trim()
      }
    }
  } finally {
    await reader.cancel()
  }
}
