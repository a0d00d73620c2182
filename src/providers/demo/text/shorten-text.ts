/** At most so many characters, with an ellipsis for what is missing. Cuts between characters, never within one. */
export function shortenText(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = [...text.slice(0, 2 * most)]
  return characters.length <= most && text.length <= 2 * most ? text : `${characters.slice(0, most).join('')}…`
}
