import type { CallHeaders } from './dialect.ts'

/**
 * The headers with which coding agents name their session and its parts, and the tags of a record that they become.
 * Sources: https://code.claude.com/docs/en/llm-gateway-protocol, and the requests of Claude Code 2.1.332, Codex 0.171 and
 * opencode 1.18 (`npm run agents`), read on 2026-11-30.
 */
const agentHeaders = [
  ['x-claude-code-session-id', 'session'],
  ['x-claude-code-agent-id', 'agent'],
  ['x-claude-code-parent-agent-id', 'parent_agent'],
  ['session-id', 'session'],
  ['x-session-id', 'session'],
  ['x-parent-session-id', 'parent_session'],
] as const

/** Reads the session of an agent. A header with the id of one of Weir's sessions names no session of an agent. */
export function readAgentTags(headers: CallHeaders): readonly string[] {
  const tags: string[] = []
  for (const [header, name] of agentHeaders) {
    const value = headers[header]
    if (typeof value === 'string' && /^(?!session_)[\w.:-]{1,100}$/i.test(value)) tags.push(`${name}:${value}`)
  }
  return tags
}
