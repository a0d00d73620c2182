import { type Agent, agents } from './agents.ts'
import type { FakeModel } from './fake-model.ts'
import { fakeChat } from './play-chat.ts'
import { fakeGemini } from './play-gemini.ts'
import { fakeMessages } from './play-messages.ts'
import { fakeResponses } from './play-responses.ts'

/** An agent, and the provider behind Weir that answers it. */
export interface Pair {
  readonly name: string
  readonly agent: Agent
  readonly model: FakeModel
  /** True if both speak one wire format, so that Weir passes every byte. */
  readonly isNative: boolean
}

/** The pairs that Weir serves: every scenario runs for each. */
export const pairs: readonly Pair[] = [
  toPair(agents.claudeCode, fakeMessages),
  toPair(agents.codex, fakeResponses),
  toPair(agents.codexBuiltIn, fakeResponses),
  toPair(agents.opencode, fakeChat),
  toPair(agents.claudeCode, fakeChat),
  toPair(agents.claudeCode, fakeResponses),
  toPair(agents.codex, fakeMessages),
  toPair(agents.codex, fakeChat),
  toPair(agents.claudeCode, fakeGemini),
  toPair(agents.opencode, fakeMessages),
  toPair(agents.geminiCli, fakeGemini),
  toPair(agents.geminiCli, fakeMessages),
]

function toPair(agent: Agent, model: FakeModel): Pair {
  return { name: `${agent.name} with ${model.name}`, agent, model, isNative: agent.dialect === model.dialect }
}
