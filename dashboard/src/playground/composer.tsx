import { type KeyboardEvent, type ReactNode, type SubmitEvent, useId } from 'react'
import { useLanguage } from '../shared/language.tsx'

interface ComposerProps {
  readonly label: string
  readonly placeholder: string
  readonly sendLabel: string
  readonly draft: string
  readonly onDraft: (draft: string) => void
  /** Undefined while no model is selected. */
  readonly onSend: ((prompt: string) => void) | undefined
  /** Defined while a call runs: the button then stops it. */
  readonly onStop: (() => void) | undefined
  readonly children?: ReactNode
}

/** Enter sends, Shift+Enter inserts a line break, Escape stops. */
export function Composer({ label, placeholder, sendLabel, draft, onDraft, onSend, onStop, children }: ComposerProps) {
  const { text } = useLanguage()
  const fieldId = useId()
  const prompt = draft.trim()

  const submit = (event: SubmitEvent | KeyboardEvent) => {
    event.preventDefault()
    if (prompt !== '' && !onStop) onSend?.(prompt)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter selects a word. Safari reports that only by the key code 229.
    const isComposing = event.nativeEvent.isComposing || event.keyCode === 229
    if (event.key === 'Enter' && !event.shiftKey && !isComposing) submit(event)
    if (event.key === 'Escape' && !isComposing) onStop?.()
  }

  return (
    <form className="composer" onSubmit={submit} onKeyDown={onKeyDown}>
      <label className="for-readers" htmlFor={fieldId}>
        {label}
      </label>
      <textarea
        id={fieldId}
        rows={2}
        value={draft}
        placeholder={placeholder}
        onChange={(event) => onDraft(event.target.value)}
      />
      <div className="composer-actions">
        {children}
        {/* Two keys, two elements: a Stop that became Send under the same click would submit the form. */}
        {onStop ? (
          <button key="stop" type="button" className="primary" onClick={onStop}>
            {text.chat.stop}
          </button>
        ) : (
          <button key="send" type="submit" className="primary" disabled={prompt === '' || !onSend}>
            {sendLabel}
          </button>
        )}
      </div>
    </form>
  )
}
