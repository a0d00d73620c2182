import OpenAI, { toFile } from 'openai'

declare global {
  /** The globals of a page that bundles the official SDK. */
  interface Window {
    readonly openai: { readonly OpenAI: typeof OpenAI; readonly toFile: typeof toFile }
  }
}

Object.assign(window, { openai: { OpenAI, toFile } })
