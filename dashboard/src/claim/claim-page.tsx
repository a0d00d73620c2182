import { useState } from 'react'
import { type RequestFailure, toRequestFailure } from '../gateway/request-failure.ts'
import { CopyButton } from '../shared/copy-button.tsx'
import { FailureNote } from '../shared/failure-note.tsx'
import { useLanguage } from '../shared/language.tsx'
import { LanguageSwitch, Mark } from '../shared/page-header.tsx'
import { type ClaimedKey, claimKey } from './claim-key.ts'

type Claim =
  | { readonly kind: 'waiting' | 'running' }
  | { readonly kind: 'claimed'; readonly key: ClaimedKey }
  | { readonly kind: 'failed'; readonly failure: RequestFailure }

/**
 * Shows the secret of a one-time link, once its reader asks for it. Nothing is requested before: a program that opens
 * links to scan them would use the link up.
 */
export function ClaimPage({ token }: { readonly token: string }) {
  const { text } = useLanguage()
  const [claim, setClaim] = useState<Claim>({ kind: 'waiting' })

  const show = async () => {
    setClaim({ kind: 'running' })
    try {
      const key = await claimKey(token)
      // The link is used up, and the browser's history need not have it.
      history.replaceState(null, '', location.pathname)
      setClaim({ kind: 'claimed', key })
    } catch (error) {
      setClaim({ kind: 'failed', failure: toRequestFailure(error) })
    }
  }

  return (
    <>
      <header className="bar">
        <Mark />
        <LanguageSwitch />
      </header>
      <main>
        <section className="card claim" aria-labelledby="claim-title">
          <h1 id="claim-title">{text.claim.title}</h1>
          {claim.kind === 'claimed' ? (
            <ClaimedSecret claimed={claim.key} />
          ) : (
            <>
              <p>{token === '' ? text.claim.noToken : text.claim.hint}</p>
              {claim.kind === 'failed' && <FailureNote failure={claim.failure} />}
              {token !== '' && (
                <button type="button" className="primary" disabled={claim.kind === 'running'} onClick={show}>
                  {text.claim.show}
                </button>
              )}
            </>
          )}
        </section>
      </main>
    </>
  )
}

function ClaimedSecret({ claimed: { name, secret } }: { readonly claimed: ClaimedKey }) {
  const { text } = useLanguage()
  return (
    <>
      <p>{text.claim.once}</p>
      <p className="address">
        <span>{name}</span>
        <code>{secret}</code>
        <CopyButton value={secret} label={name} />
      </p>
    </>
  )
}
