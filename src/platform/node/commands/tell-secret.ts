import type { JsonObject } from '../../../core/json.ts'
import { nodeClock } from '../node-clock.ts'
import { print, printJson, printOnce, say, toJsonText } from './print.ts'
import { renderKey } from './show-key.ts'

export interface KeyNews {
  /** What happened, such as `Made`. */
  readonly verb: string
  readonly place: string
  readonly isJson: boolean
}

/** Tells a key that has a new secret. One that Weir made goes to stdout, this once, and nothing else does unless the whole is wanted as JSON. */
export async function tellSecret(key: JsonObject, { verb, place, isJson }: KeyNews): Promise<void> {
  const { id, name, secret } = key
  say(`${verb} ${String(id)} (${String(name)}) in ${place}.`)
  if (typeof secret !== 'string') return isJson ? printJson(key) : print(renderKey(key, nodeClock.now()))
  say('Its secret follows on stdout. It is shown this once: Weir keeps its hash only.')
  await printOnce(
    isJson ? toJsonText(key) : `${secret}\n`,
    `The secret is lost. Make another: weir keys rotate ${String(id)} --overlap 0`,
  )
}
