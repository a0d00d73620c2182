import { type SubmitEvent, useEffect, useRef, useState } from 'react'
import type { RequestFailure } from '../gateway/request-failure.ts'
import { FailureNote } from './failure-note.tsx'
import { useLanguage } from './language.tsx'

interface AccessCardProps {
  readonly failure: RequestFailure
  /** True if the server refused a token that this page sent. */
  readonly isRefused: boolean
  readonly onToken: (token: string) => void
}

/** Shown while the server refuses this page. */
export function AccessCard({ failure, isRefused, onToken }: AccessCardProps) {
  const { text } = useLanguage()
  // The operator has not set TOKEN yet, so the form would be useless.
  const isClosed = failure.details.code === 'access_not_configured'
  return (
    <section className="card access" data-state={isRefused ? 'refused' : 'asked'} aria-labelledby="access-title">
      <h2 id="access-title">{isClosed ? text.access.closedTitle : text.access.title}</h2>
      <FailureNote failure={failure} id="access-failure" />
      {!isClosed && <TokenForm onToken={onToken} />}
    </section>
  )
}

function TokenForm({ onToken }: Pick<AccessCardProps, 'onToken'>) {
  const { text } = useLanguage()
  const [token, setToken] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    onToken(token)
  }
  return (
    <>
      <form onSubmit={submit}>
        <label htmlFor="access-token">{text.access.label}</label>
        <input
          ref={field}
          id="access-token"
          type="password"
          value={token}
          autoComplete="off"
          aria-describedby="access-failure access-hint"
          // The characters that a header can hold.
          pattern="[\x21-\x7e]+"
          required
          onChange={(event) => setToken(event.target.value.trim())}
        />
        <button type="submit" className="primary">
          {text.access.use}
        </button>
      </form>
      <p className="hint" id="access-hint">
        {text.access.hint}
      </p>
    </>
  )
}
