import { connect } from 'https://ai.example.com/client.js'
import { useRef, useState } from 'react'
import { createRoot } from 'react-dom/client'

const weir = connect({ token: () => fetch('/api/weir-token', { method: 'POST' }).then((response) => response.json()) })

/** A conversation that Weir stores: its messages, a function that asks, and one that stops the answer. */
function useChat(model) {
  const session = useRef(undefined)
  const controller = useRef(undefined)
  const [messages, setMessages] = useState([])
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState(undefined)

  async function ask(question) {
    session.current ??= weir.session({ model })
    controller.current = new AbortController()
    setBusy(true)
    setError(undefined)
    setMessages((before) => [...before, { role: 'user', content: question }, { role: 'assistant', content: '' }])
    try {
      for await (const text of session.current.send(question, { signal: controller.current.signal }))
        setMessages((before) => [...before.slice(0, -1), { role: 'assistant', content: before.at(-1).content + text }])
    } catch (failure) {
      if (failure.name !== 'AbortError') setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return { messages, error, isBusy, ask, stop: () => controller.current?.abort() }
}

function Chat() {
  const { messages, error, isBusy, ask, stop } = useChat('demo/chat')
  function send(event) {
    event.preventDefault()
    void ask(new FormData(event.currentTarget).get('question'))
    event.currentTarget.reset()
  }
  return (
    <main>
      <ol id="messages" role="log">
        {messages.map(({ role, content }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages are only added at the end
          <li key={index} className={role}>
            {content}
          </li>
        ))}
        {error && <li className="error">{error.message}</li>}
      </ol>
      <form onSubmit={send}>
        <input name="question" aria-label="Question" autoComplete="off" required />
        <button type="submit" disabled={isBusy}>
          Send
        </button>
        <button type="button" disabled={!isBusy} onClick={stop}>
          Stop
        </button>
      </form>
    </main>
  )
}

createRoot(document.querySelector('#root')).render(<Chat />)
