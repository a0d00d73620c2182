import { useEffect, useState } from 'react'
import { useLanguage } from './language.tsx'

const shownMs = 1600

export function CopyButton({ value, label }: { readonly value: string; readonly label: string }) {
  const { text } = useLanguage()
  const [isCopied, setCopied] = useState(false)

  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), shownMs)
    return () => clearTimeout(timer)
  }, [isCopied])

  return (
    <button type="button" className="copy" onClick={() => void copy(value).then(setCopied)}>
      <span aria-live="polite">{isCopied ? text.copied : text.copy}</span>
      <span className="for-readers"> {label}</span>
    </button>
  )
}

async function copy(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value)
    return true
  } catch {
    return copyBySelection(value)
  }
}

// Browsers offer `navigator.clipboard` on localhost and over HTTPS only; elsewhere `execCommand` is the one way.
function copyBySelection(value: string): boolean {
  const field = document.createElement('textarea')
  field.value = value
  field.className = 'for-readers'
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  return isCopied
}
