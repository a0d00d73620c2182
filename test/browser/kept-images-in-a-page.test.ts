import { expect, test } from 'vitest'
import { createImageStarters, generate, urlOf } from '../pipeline/images/image-calls.ts'
import { png } from '../pipeline/images/pictures.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { describeInBrowser } from './describe-in-browser.ts'

describeInBrowser((tab) => {
  describeOnBothStored('a kept image', (start, surroundings) => {
    const { startWithImage } = createImageStarters(start, surroundings)

    test.each(['any origin', 'its own origin'])(
      'is shown by an `<img>` and then read by `fetch` in a page, where CORS_ORIGINS allows %s',
      async (allowed) => {
        const CORS_ORIGINS = allowed === 'any origin' ? '*' : tab.origin
        const { gateway } = await startWithImage(png, 'image/png', { CORS_ORIGINS })
        const url = urlOf((await generate(gateway, { model: 'dall-e-3' })).body)
        const seen = await tab.page.evaluate(async (src) => {
          // A browser sends no Origin for it, and caches the response for a year.
          const image = new Image()
          image.src = src
          await image.decode()
          const response = await fetch(src)
          return { width: image.naturalWidth, bytes: [...new Uint8Array(await response.arrayBuffer())] }
        }, url)
        expect(seen).toEqual({ width: 1, bytes: [...png] })
      },
    )
  })
})
