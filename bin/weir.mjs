#!/usr/bin/env node
import { existsSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `Weir needs Node 22.19 or later and this is ${process.versions.node}. In a clone, \`npm start\` brings its own.`,
  )
  process.exit(1)
}

// A clone runs its sources. Node does not strip types below node_modules, so the published package carries a bundle
// instead (`npm run build:package`): as deep as the source, so that what is found relative to it is found from both.
const source = new URL('../src/platform/node/cli.ts', import.meta.url)
await import(existsSync(source) ? source.href : '../dist/platform/node/cli.mjs')
