const end = '\n<!-- The end of the table. -->'

/** Puts a generated table into a document, between the comment that says how it is made and the next end. */
export function replaceBetween(text: string, comment: string, table: string): string {
  const begin = `<!-- ${comment} -->\n`
  const start = text.indexOf(begin) + begin.length
  const stop = text.indexOf(end, start)
  if (start < begin.length || stop < start) throw new Error(`The document has no place for: ${comment}`)
  return text.slice(0, start) + table + text.slice(stop)
}
