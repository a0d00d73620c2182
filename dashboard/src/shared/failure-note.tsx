import type { RequestFailure } from '../gateway/request-failure.ts'
import { explainFailure } from './explain-failure.ts'
import { useLanguage } from './language.tsx'

/** Shows why a call failed, with the facts that a request for help needs: status, code, time to wait, request id. */
export function FailureNote({ failure, id }: { readonly failure: RequestFailure; readonly id?: string }) {
  const { text } = useLanguage()
  const { status, code, requestId, retryAfter } = failure.details
  const { summary, detail } = explainFailure(failure, text.failure)
  const facts = [status && `HTTP ${status}`, code, retryAfter && text.failure.retryAfter(retryAfter), requestId].filter(
    (fact) => fact !== undefined && fact !== '',
  )
  return (
    <div className="failure" role="alert" id={id}>
      <p>{summary}</p>
      {detail !== undefined && <p className="detail">{detail}</p>}
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
