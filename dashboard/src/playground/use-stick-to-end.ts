import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'

const nearEndPixels = 48

/** Keeps a box scrolled to its end while its content grows, unless the user scrolled up. */
export function useStickToEnd(content: readonly unknown[]): RefObject<HTMLElement | null> {
  const box = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const count = useRef(0)

  useEffect(() => {
    const element = box.current
    if (!element) return
    const look = () => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPixels
    }
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [])

  useLayoutEffect(() => {
    const hasNewItem = content.length !== count.current
    count.current = content.length
    const element = box.current
    if (element && (isAtEnd.current || hasNewItem)) element.scrollTop = element.scrollHeight
  }, [content])

  return box
}
