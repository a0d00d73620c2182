// The Vercel AI SDK in a page. It gets its token from our client, and keeps the conversation itself.

import { connect } from 'https://ai.example.com/client.js'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'

const weir = connect({ token: () => fetch('/api/weir-token', { method: 'POST' }).then((response) => response.json()) })
const openai = createOpenAI({ baseURL: weir.baseURL, apiKey: 'unused', fetch: weir.fetch })
const messages = []
const list = document.querySelector('#messages')
const form = document.querySelector('form')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const question = form.elements.question.value
  form.reset()
  messages.push({ role: 'user', content: question })
  show('user', question)
  const answer = show('assistant', '')
  form.inert = true
  try {
    // `onError` replaces the SDK's own line on the console.
    const { fullStream, response } = streamText({ model: openai.chat('demo/chat'), messages, onError() {} })
    for await (const part of fullStream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'text-delta') answer.append(part.text)
    }
    messages.push(...(await response).messages)
  } catch (error) {
    show('error', error.message)
  } finally {
    form.inert = false
  }
})

function show(role, text) {
  const item = document.createElement('li')
  item.className = role
  item.textContent = text
  list.append(item)
  return item
}
