import OpenAI, { toFile } from 'openai'

declare global {
  /** What a page that bundles the official SDK has at hand. */
  interface Window {
    readonly openai: { readonly OpenAI: typeof OpenAI; readonly toFile: typeof toFile }
  }
}

Object.assign(window, { openai: { OpenAI, toFile } })
