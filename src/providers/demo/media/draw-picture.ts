import { hashText } from '../hash-text.ts'
import { drawLabel } from './draw-label.ts'
import type { IndexedPicture } from './encode-png.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** Numbers of colours: the sky's shades from 0, then one each for the sun, the hills and the label. */
const skyShades = 192
const sunColour = skyShades
const hillColours = [skyShades + 1, skyShades + 2, skyShades + 3]
const labelColour = skyShades + 4

const label = 'WEIR DEMO'

/** A landscape whose light, sun and hills the prompt decides on, labelled as the demo's. The same for the same prompt. */
export function drawPicture(prompt: string, { width, height }: Size): IndexedPicture {
  const seed = hashText(prompt)
  const pixels = new Uint8Array(width * height)
  drawSky(pixels, { width, height })
  drawSun(pixels, { width, height }, seed)
  for (const [layer, colour] of hillColours.entries()) {
    drawHills(pixels, { width, height }, { colour, base: 0.55 + 0.14 * layer, seed: hashText(`${seed} hill ${layer}`) })
  }
  drawLabel(pixels, { width, height }, { text: label, colour: labelColour })
  return { width, height, pixels, palette: mixPalette(seed), software: 'Weir demo' }
}

function drawSky(pixels: Uint8Array, { width, height }: Size): void {
  for (let row = 0; row < height; row += 1) {
    pixels.fill(Math.floor((row / height) * skyShades), row * width, (row + 1) * width)
  }
}

function drawSun(pixels: Uint8Array, { width, height }: Size, seed: number): void {
  const radius = Math.min(width, height) * (0.08 + ((seed >>> 8) % 8) / 100)
  const centreX = width * (0.2 + ((seed >>> 12) % 60) / 100)
  const centreY = height * (0.2 + ((seed >>> 20) % 30) / 100)
  for (let row = Math.max(0, Math.ceil(centreY - radius)); row < Math.min(height, centreY + radius); row += 1) {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (row - centreY) ** 2))
    const start = Math.max(0, Math.ceil(centreX - half))
    const end = Math.max(start, Math.min(width, Math.ceil(centreX + half)))
    pixels.fill(sunColour, row * width + start, row * width + end)
  }
}

interface Hills {
  readonly colour: number
  /** Where their middle line is, from 0 at the top to 1. */
  readonly base: number
  readonly seed: number
}

function drawHills(pixels: Uint8Array, { width, height }: Size, { colour, base, seed }: Hills): void {
  const crests = Float64Array.from({ length: width }, (_, column) => {
    const angle = (column / width) * 2 * Math.PI
    const long = Math.sin(angle * (1 + (seed % 3)) + (seed % 628) / 100)
    const short = Math.sin(angle * (3 + ((seed >>> 4) % 4)) + ((seed >>> 10) % 628) / 100)
    return height * (base + 0.06 * long + 0.025 * short)
  })
  for (let row = Math.floor(height * (base - 0.1)); row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      if (row >= (crests[column] ?? 0)) pixels[row * width + column] = colour
    }
  }
}

function mixPalette(seed: number): Uint8Array {
  const hue = seed % 360
  const colours: (readonly [number, number, number])[] = []
  for (let shade = 0; shade < skyShades; shade += 1) {
    const depth = shade / skyShades
    colours.push(toRgb(hue + 70 * depth, 0.65, 0.3 + 0.5 * depth))
  }
  colours.push(toRgb(hue + 100, 0.95, 0.88))
  for (const lightness of [0.42, 0.3, 0.18]) colours.push(toRgb(hue + 200, 0.4, lightness))
  colours.push([255, 255, 255])
  return Uint8Array.from(colours.flat())
}

/** From hue in degrees, saturation and lightness (https://www.w3.org/TR/css-color-4/#hsl-to-rgb). */
function toRgb(hue: number, saturation: number, lightness: number): readonly [number, number, number] {
  const reach = saturation * Math.min(lightness, 1 - lightness)
  function toChannel(offset: number): number {
    const position = (offset + hue / 30) % 12
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(position - 3, 9 - position, 1))))
  }
  return [toChannel(0), toChannel(8), toChannel(4)]
}
