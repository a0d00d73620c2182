import type { RequestFailure } from '../gateway/request-failure.ts'
import { useLanguage } from './language.tsx'

/** What went wrong in the server's own words, and below them what to quote when asking for help. */
export function FailureNote({ failure, id }: { readonly failure: RequestFailure; readonly id?: string }) {
  const { text } = useLanguage()
  const { status, code, requestId, retryAfter } = failure.details
  const facts = [status && `HTTP ${status}`, code, retryAfter && text.failure.retryAfter(retryAfter), requestId].filter(
    (fact) => fact !== undefined && fact !== '',
  )
  return (
    <div className="failure" role="alert" id={id}>
      <p>{failure.reason === 'answered' ? failure.message : text.failure[failure.reason]}</p>
      {facts.length > 0 && (
        <p className="facts">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      )}
    </div>
  )
}
