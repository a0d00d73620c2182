import { type KeyboardEvent, type ReactNode, useId } from 'react'

interface Tab<Id extends string> {
  readonly id: Id
  readonly label: string
  readonly panel: ReactNode
}

interface TabsProps<Id extends string> {
  readonly label: string
  readonly tabs: readonly Tab<Id>[]
  readonly selected: Id
  readonly onSelect: (id: Id) => void
}

/** Keyboard as in https://www.w3.org/WAI/ARIA/apg/patterns/tabs/. Panels stay mounted, so a call in a hidden one continues. */
export function Tabs<Id extends string>({ label, tabs, selected, onSelect }: TabsProps<Id>) {
  const prefix = useId()
  const onKeyDown = (event: KeyboardEvent) => {
    const next = neighbour(
      event.key,
      tabs.findIndex((tab) => tab.id === selected),
      tabs.length,
    )
    const tab = next === undefined ? undefined : tabs[next]
    if (!tab) return
    event.preventDefault()
    onSelect(tab.id)
    document.getElementById(`${prefix}-${tab.id}-tab`)?.focus()
  }

  const panels = tabs.map((tab) => (
    <div
      key={tab.id}
      className="tab-panel"
      id={`${prefix}-${tab.id}`}
      hidden={tab.id !== selected}
      {...(tabs.length > 1 && { role: 'tabpanel', 'aria-labelledby': `${prefix}-${tab.id}-tab` })}
    >
      {tab.panel}
    </div>
  ))
  // The panels keep their position with and without tabs: React would remount them otherwise.
  return (
    <>
      {tabs.length > 1 && (
        <div role="tablist" className="tabs" aria-label={label} onKeyDown={onKeyDown}>
          {tabs.map((tab) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`${prefix}-${tab.id}-tab`}
              aria-selected={tab.id === selected}
              aria-controls={`${prefix}-${tab.id}`}
              tabIndex={tab.id === selected ? 0 : -1}
              onClick={() => onSelect(tab.id)}
            >
              {tab.label}
            </button>
          ))}
        </div>
      )}
      {panels}
    </>
  )
}

function neighbour(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (index + 1) % count
    case 'ArrowLeft':
      return (index + count - 1) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
