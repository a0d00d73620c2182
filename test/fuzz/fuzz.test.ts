import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { eventFuzzer } from './fuzz-events.ts'
import { formFuzzer } from './fuzz-forms.ts'
import { graphqlFuzzer } from './fuzz-graphql.ts'
import { httpFuzzer } from './fuzz-http.ts'
import { jsonFuzzer } from './fuzz-json.ts'
import { type Fuzzer, fuzz } from './fuzzer.ts'

/** `npm run fuzz -- --minutes 30` continues with other seeds. */
const patience = 600_000

describeOnBoth('of random bytes', (start, { runtime, startUpstream }) => {
  const check = <Input>(fuzzer: Fuzzer<Input>) =>
    test(fuzzer.promise, { timeout: patience }, async () => {
      const upstream = await startUpstream()
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      const taken = await fuzz(fuzzer, { gateway, upstream })
      // If Weir refused every input, the test would prove nothing.
      expect(taken).toBeGreaterThan(fuzzer.cases / 10)
    })

  check(jsonFuzzer)
  check(formFuzzer)
  check(eventFuzzer)
  check(graphqlFuzzer)
  // In front of a Worker, Cloudflare parses HTTP, not Weir.
  if (runtime === 'node') check(httpFuzzer)
})
