import { useState } from 'react'
import type { Gateway } from '../gateway/call-gateway.ts'
import { useLanguage } from '../shared/language.tsx'
import { ChatTurn } from './chat-turn.tsx'
import { Composer } from './composer.tsx'
import { type Chat, useChat } from './use-chat.ts'
import { useStickToEnd } from './use-stick-to-end.ts'

interface ChatPanelProps {
  readonly gateway: Gateway
  readonly model: string
  readonly onFailure: () => void
}

export function ChatPanel({ gateway, model, onFailure }: ChatPanelProps) {
  const { text } = useLanguage()
  const [draft, setDraft] = useState('')
  const chat = useChat(gateway, onFailure)
  const send = (prompt: string) => {
    chat.send(model, prompt)
    setDraft('')
  }
  return (
    <div className="play">
      <Conversation chat={chat} onExample={send} canSend={model !== ''} />
      <Composer
        label={text.chat.message}
        placeholder={text.chat.placeholder}
        sendLabel={text.chat.send}
        draft={draft}
        onDraft={setDraft}
        onSend={model === '' ? undefined : send}
        onStop={chat.isRunning ? chat.stop : undefined}
      >
        {chat.turns.length > 0 && (
          <button type="button" className="quiet" onClick={chat.clear}>
            {text.chat.clear}
          </button>
        )}
      </Composer>
    </div>
  )
}

interface ConversationProps {
  readonly chat: Chat
  readonly canSend: boolean
  readonly onExample: (prompt: string) => void
}

function Conversation({ chat, canSend, onExample }: ConversationProps) {
  const { text } = useLanguage()
  const box = useStickToEnd(chat.turns)
  return (
    // Focusable, for scrolling by keyboard. `aria-busy` keeps screen readers from announcing each token of a reply.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable.
    <section className="stage" ref={box} tabIndex={0} aria-label={text.chat.conversation}>
      <div role="log" aria-live="polite" aria-busy={chat.isRunning}>
        {chat.turns.map((turn) => (
          <ChatTurn key={turn.id} turn={turn} />
        ))}
      </div>
      {chat.turns.length === 0 && (
        <div className="empty">
          <p>{canSend ? text.chat.empty : text.playground.noModel}</p>
          <ul className="examples">
            {text.chat.examples.map((example) => (
              <li key={example}>
                <button type="button" disabled={!canSend} onClick={() => onExample(example)}>
                  {example}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  )
}
