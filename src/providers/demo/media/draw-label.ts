interface Size {
  readonly width: number
  readonly height: number
}

interface Label {
  readonly text: string
  readonly colour: number
}

/** Five dots by seven, a row of dots a number. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  W: [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b10101, 0b01010],
  E: [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
  I: [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  R: [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
  D: [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
  M: [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
  O: [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
}
const glyphWidth = 5
const glyphHeight = 7

/** Dots of a glyph with the gap after it. */
const advance = glyphWidth + 1

/** Writes a text into the lower left corner, as large as half the width allows; on a picture too small for it, nothing. */
export function drawLabel(pixels: Uint8Array, { width, height }: Size, { text, colour }: Label): void {
  const dot = Math.floor(Math.min(width / (2 * advance * text.length), height / (4 * glyphHeight)))
  const left = 2 * dot
  const top = height - (glyphHeight + 2) * dot
  for (const [position, letter] of [...text].entries()) {
    for (const [line, column] of listDots(letter)) {
      const x = left + (position * advance + column) * dot
      const y = top + line * dot
      for (let row = y; row < y + dot; row += 1) pixels.fill(colour, row * width + x, row * width + x + dot)
    }
  }
}

/** Row and column of each dot of a letter. */
function listDots(letter: string): readonly (readonly [number, number])[] {
  const columns = Array.from({ length: glyphWidth }, (_, column) => column)
  return (glyphs[letter] ?? []).flatMap((dots, line) =>
    columns
      .filter((column) => ((dots >> (glyphWidth - 1 - column)) & 1) === 1)
      .map((column): readonly [number, number] => [line, column]),
  )
}
