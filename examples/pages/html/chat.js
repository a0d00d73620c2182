// A chat without a framework and without a build. The conversation is stored by Weir, and survives a reload.
import { connect } from 'https://ai.example.com/client.js'

const weir = connect({ token: () => fetch('/api/weir-token', { method: 'POST' }).then((response) => response.json()) })
const open = (id) => weir.session({ model: 'demo/chat', id })
let session = open(sessionStorage.getItem('session') ?? undefined)
const list = document.querySelector('#messages')
const form = document.querySelector('form')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const question = form.elements.question.value
  form.reset()
  show('user', question)
  const answer = show('assistant', '')
  form.inert = true
  try {
    for await (const text of session.send(question)) answer.append(text)
    sessionStorage.setItem('session', session.id)
  } catch (error) {
    show('error', error.message)
  } finally {
    form.inert = false
  }
})

try {
  for (const { role, content } of await session.messages()) show(role, content)
} catch (error) {
  // The server may have deleted the conversation: a new one begins.
  if (error.code === 'session_not_found') session = open()
  else show('error', error.message)
}

/** As text, never as HTML: a model can write anything. */
function show(role, text) {
  const item = document.createElement('li')
  item.className = role
  item.textContent = text
  list.append(item)
  return item
}
