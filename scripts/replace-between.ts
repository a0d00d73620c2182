const end = '\n<!-- The end of the table. -->'

/** Replaces a generated table of a document, between the comment that names its source and the next end comment. */
export function replaceBetween(markdown: string, comment: string, table: string): string {
  const begin = `<!-- ${comment} -->\n`
  const start = markdown.indexOf(begin) + begin.length
  const stop = markdown.indexOf(end, start)
  if (start < begin.length || stop < start) throw new Error(`The document lacks the comment "${comment}" or its end.`)
  return markdown.slice(0, start) + table + markdown.slice(stop)
}
