import { memo } from 'react'
import { FailureNote } from '../shared/failure-note.tsx'
import { useLanguage } from '../shared/language.tsx'
import type { Strings } from '../strings.ts'
import type { Turn } from './turns.ts'

/** Shows one exchange. The output of a model is shown as text, never as markup. */
export const ChatTurn = memo(function ChatTurn({ turn }: { readonly turn: Turn }) {
  const { text } = useLanguage()
  const isRunning = turn.state === 'running'
  return (
    <article className="turn">
      <p className="prompt">
        <span className="for-readers">{text.chat.you}: </span>
        {turn.prompt}
      </p>
      {turn.reasoning !== '' && (
        <details className="reasoning" open={isRunning && turn.reply === ''}>
          <summary>{text.chat.reasoning}</summary>
          <p>{turn.reasoning}</p>
        </details>
      )}
      {turn.reply !== '' && <p className={isRunning ? 'reply growing' : 'reply'}>{turn.reply}</p>}
      {isRunning && turn.reply === '' && turn.reasoning === '' && <p className="waiting">{text.chat.waiting}</p>}
      {turn.state === 'complete' && turn.reply === '' && <p className="waiting">{text.chat.noText}</p>}
      {turn.failure && <FailureNote failure={turn.failure} />}
      <p className="facts">
        {describe(turn, text.chat).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
    </article>
  )
})

function describe(turn: Turn, text: Strings['chat']): readonly string[] {
  const facts = [turn.model]
  if (turn.firstTokenMs !== undefined) facts.push(`${text.firstToken} ${formatDuration(turn.firstTokenMs)}`)
  if (turn.totalMs !== undefined) facts.push(`${text.total} ${formatDuration(turn.totalMs)}`)
  if (turn.tokens) facts.push(text.tokens(turn.tokens.prompt, turn.tokens.completion))
  if (turn.state === 'stopped') facts.push(text.stopped)
  if (turn.finishReason === 'length') facts.push(text.cutShort)
  return facts
}

function formatDuration(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`
}
