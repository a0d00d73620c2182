import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { type Strings, strings } from '../strings.ts'
import { recall, remember } from './remember.ts'

export type Language = keyof typeof strings

interface LanguageChoice {
  readonly language: Language
  readonly text: Strings
  readonly choose: (language: Language) => void
}

const LanguageContext = createContext<LanguageChoice>({ language: 'en', text: strings.en, choose: () => undefined })

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(firstLanguage)

  useEffect(() => {
    document.documentElement.lang = strings[language].htmlLanguage
    document.title = strings[language].title
  }, [language])

  const choice = useMemo(() => {
    const choose = (chosen: Language) => {
      remember('browser', 'language', chosen)
      setLanguage(chosen)
    }
    return { language, text: strings[language], choose }
  }, [language])

  return <LanguageContext value={choice}>{children}</LanguageContext>
}

export function useLanguage(): LanguageChoice {
  return useContext(LanguageContext)
}

function firstLanguage(): Language {
  const wanted = recall('browser', 'language') ?? navigator.language
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
