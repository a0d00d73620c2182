/** What a cell of an export may hold. A list is joined by `;` in CSV. */
export type Cell = string | number | boolean | readonly string[] | undefined

// Spreadsheets take text that begins so for a formula, and run it. https://owasp.org/www-community/attacks/CSV_Injection
const formula = /^[=+\-@\t\r\n]/

/** One line by RFC 4180, with its end. A text that a spreadsheet would run as a formula begins with `'`. */
export function toCsvLine(cells: readonly Cell[]): string {
  return `${cells.map(toCsvCell).join(',')}\r\n`
}

function toCsvCell(cell: Cell): string {
  if (cell === undefined) return ''
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell)
  const text = typeof cell === 'string' ? cell : cell.join(';')
  const harmless = formula.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
