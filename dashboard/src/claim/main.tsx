import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LanguageProvider } from '../shared/language.tsx'
import { ClaimPage } from './claim-page.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('claim.html has no element #root')

createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ClaimPage token={location.hash.slice(1)} />
    </LanguageProvider>
  </StrictMode>,
)
