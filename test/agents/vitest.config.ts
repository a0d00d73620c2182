import { defineConfig } from 'vitest/config'

// Two agents at a time. An agent takes up to ten seconds to start.
export default defineConfig({
  test: { include: ['test/agents/*.suite.ts'], testTimeout: 240_000, maxConcurrency: 2 },
})
