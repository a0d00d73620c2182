export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function readField(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

/** Reads a string; an empty one counts as absent. */
export function readString(value: unknown, name: string): string | undefined {
  const field = readField(value, name)
  return typeof field === 'string' && field !== '' ? field : undefined
}

export function readNumber(value: unknown, name: string): number | undefined {
  const field = readField(value, name)
  return typeof field === 'number' ? field : undefined
}

export function readList(value: unknown, name: string): readonly unknown[] {
  const field = readField(value, name)
  return Array.isArray(field) ? field : []
}
