import type { Readiness } from '../gateway/check-readiness.ts'
import type { NotKept } from '../gateway/read-not-kept.ts'
import { strings } from '../strings.ts'
import { type Language, useLanguage } from './language.tsx'

interface PageHeaderProps {
  readonly readiness: Readiness | undefined
  /** Undefined if the server stores everything, or while that is unknown. */
  readonly notKept: NotKept | undefined
  /** Defined if the page has a token to forget. */
  readonly onForget: (() => void) | undefined
}

export function PageHeader({ readiness, notKept, onForget }: PageHeaderProps) {
  const { text } = useLanguage()
  return (
    <header className="bar">
      <Mark />
      <p className="readiness" role="status" data-state={readiness}>
        {text.readiness[readiness ?? 'checking']}
        {notKept && readiness === 'ready' && ` · ${text.notKept[notKept]}`}
      </p>
      {onForget && (
        <button type="button" className="quiet" onClick={onForget}>
          {text.access.forget}
        </button>
      )}
      <LanguageSwitch />
    </header>
  )
}

export function Mark() {
  return (
    <p className="mark">
      <svg viewBox="0 0 32 26" aria-hidden="true">
        <path d="M2 6h8c8 0 4 11 12 11h8" />
        <path className="echo" d="M2 13h4c8 0 4 11 12 11h12" />
      </svg>
      Weir
    </p>
  )
}

const languageNames: { readonly [language in Language]: string } = { en: 'English', zh: '中文' }

export function LanguageSwitch() {
  const { language, text, choose } = useLanguage()
  return (
    <fieldset className="languages">
      <legend className="for-readers">{text.language}</legend>
      {(['en', 'zh'] as const).map((each) => (
        <button
          key={each}
          type="button"
          lang={strings[each].htmlLanguage}
          aria-pressed={each === language}
          onClick={() => choose(each)}
        >
          {languageNames[each]}
        </button>
      ))}
    </fieldset>
  )
}
