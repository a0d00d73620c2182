/** A short text field of a multipart form, if it is among the given part of the form. */
export function readFormField(form: string, name: string): string | undefined {
  const label = `name="${name}"`
  const at = form.indexOf(label)
  if (at === -1) return undefined
  const start = form.indexOf('\r\n\r\n', at + label.length)
  const end = form.indexOf('\r\n--', start)
  return start === -1 || end === -1 ? undefined : form.slice(start + 4, end)
}
