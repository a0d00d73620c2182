// deep-chat, a chat as a web component. Its handler sends each question through our client.
import 'deep-chat'
import { connect } from 'https://ai.example.com/client.js'

const weir = connect({ token: () => fetch('/api/weir-token', { method: 'POST' }).then((response) => response.json()) })
const session = weir.session({ model: 'demo/chat' })
const chat = document.querySelector('deep-chat')

chat.errorMessages = { displayServiceErrorMessages: true }
chat.connect = {
  stream: true,
  async handler({ messages }, { onOpen, onResponse, onClose, stopClicked }) {
    const controller = new AbortController()
    stopClicked.listener = () => controller.abort()
    onOpen()
    try {
      for await (const text of session.send(messages.at(-1).text, { signal: controller.signal })) onResponse({ text })
      onClose()
    } catch (error) {
      onClose()
      // Its `onResponse({ error })` fails before the first text.
      if (error.name !== 'AbortError') chat.addMessage({ error: error.message })
    }
  },
}
