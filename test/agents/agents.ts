import type { FakeModel, ToolCall } from './fake-model.ts'
import type programs from './programs/package.json'

/** A coding agent, and how a user connects it to Weir. docs/agents.md shows `env` and `files` as they stand here. */
export interface Agent {
  readonly name: string
  readonly id: string
  /** Its package in test/agents/programs/package.json. */
  readonly package: keyof typeof programs.dependencies
  readonly program: string
  readonly dialect: FakeModel['dialect']
  /** The model that its configuration names. */
  readonly model: string
  readonly env: Readonly<Record<string, string>>
  /** By path below the home folder. */
  readonly files: Readonly<Record<string, string>>
  /** What keeps an agent from calls of its own: telemetry, updates. */
  readonly quietEnv: Readonly<Record<string, string>>
  /** Appended to the file of the same path. */
  readonly quietFiles?: Readonly<Record<string, string>>
  readonly run: (prompt: string) => readonly string[]
  /** Continues the latest conversation. */
  readonly resume: (prompt: string) => readonly string[]
  /** The request header that names its session, which becomes a tag of the usage record. */
  readonly sessionHeader: string | undefined
  /** A call of its own tool, which writes a file. */
  readonly writeFile: (path: string, content: string) => ToolCall
  /** Requests that fail by design, as `METHOD path status`. The agent goes on without them. */
  readonly tolerated: readonly string[]
}

const claudeCode: Agent = {
  name: 'Claude Code',
  id: 'claude-code',
  package: '@anthropic-ai/claude-code',
  program: 'claude',
  dialect: 'messages',
  model: 'claude-sonnet-5-5',
  env: { ANTHROPIC_BASE_URL: 'http://localhost:8787', ANTHROPIC_AUTH_TOKEN: 'a-secret-of-mine' },
  files: {},
  quietEnv: {},
  run: (prompt) => ['-p', prompt, '--model', 'claude-sonnet-5-5', '--permission-mode', 'acceptEdits'],
  resume: (prompt) => ['-p', prompt, '--continue', '--model', 'claude-sonnet-5-5', '--permission-mode', 'acceptEdits'],
  sessionHeader: 'x-claude-code-session-id',
  writeFile: (path, content) => ({ name: 'Write', input: { file_path: path, content } }),
  tolerated: ['HEAD /api/hello 404'],
}

const runCodex = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox']

const codex: Agent = {
  name: 'Codex',
  id: 'codex',
  package: '@openai/codex',
  program: 'codex',
  dialect: 'responses',
  model: 'gpt-6-luna',
  env: { WEIR_API_KEY: 'a-secret-of-mine' },
  files: {
    '.codex/config.toml': `model = "gpt-6-luna"
model_provider = "weir"

[model_providers.weir]
name = "Weir"
base_url = "http://localhost:8787/v1"
env_key = "WEIR_API_KEY"
wire_api = "responses"
`,
  },
  quietEnv: {},
  quietFiles: { '.codex/config.toml': '\n[analytics]\nenabled = false\n' },
  run: (prompt) => [...runCodex, prompt],
  resume: (prompt) => [...runCodex, 'resume', '--last', prompt],
  sessionHeader: 'session-id',
  // For this model Codex offers one tool, which runs JavaScript that calls the others.
  writeFile: (path, content) => ({
    name: 'exec',
    namespace: 'functions',
    code: `text(await tools.exec_command({ cmd: ${JSON.stringify(toCommand(path, content))} }))`,
  }),
  tolerated: [],
}

const codexBuiltIn: Agent = {
  ...codex,
  name: 'Codex with its built-in provider',
  id: 'codex-built-in',
  env: { CODEX_API_KEY: 'a-secret-of-mine' },
  files: {
    '.codex/config.toml': `model = "gpt-6-luna"
openai_base_url = "http://localhost:8787/v1"
`,
  },
  tolerated: ['GET /v1/responses 426'],
}

const opencode: Agent = {
  name: 'opencode',
  id: 'opencode',
  package: 'opencode-ai',
  program: 'opencode',
  dialect: 'chat',
  model: 'gpt-6-luna',
  env: { WEIR_API_KEY: 'a-secret-of-mine' },
  files: {
    '.config/opencode/opencode.json': `{
  "$schema": "https://opencode.ai/config.json",
  "model": "weir/gpt-6-luna",
  "provider": {
    "weir": {
      "name": "Weir",
      "npm": "@ai-sdk/openai-compatible",
      "options": { "baseURL": "http://localhost:8787/v1", "apiKey": "{env:WEIR_API_KEY}" },
      "models": { "gpt-6-luna": {} }
    }
  }
}
`,
  },
  quietEnv: {
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  },
  run: (prompt) => ['run', prompt],
  resume: (prompt) => ['run', '--continue', prompt],
  sessionHeader: 'x-session-id',
  writeFile: (path, content) => ({
    name: 'bash',
    input: { command: toCommand(path, content), description: 'Writes a file' },
  }),
  tolerated: [],
}

const geminiCli: Agent = {
  name: 'Gemini CLI',
  id: 'gemini-cli',
  package: '@google/gemini-cli',
  program: 'gemini',
  dialect: 'gemini',
  model: 'gemini-3.8-flash',
  env: { GOOGLE_GEMINI_BASE_URL: 'http://localhost:8787', GEMINI_API_KEY: 'a-secret-of-mine' },
  files: {},
  quietEnv: {},
  quietFiles: {
    '.gemini/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
    }),
  },
  run: (prompt) => ['-p', prompt, '--model', 'gemini-3.8-flash', '--yolo', '--skip-trust'],
  resume: (prompt) => ['-p', prompt, '--resume', 'latest', '--model', 'gemini-3.8-flash', '--yolo', '--skip-trust'],
  sessionHeader: undefined,
  writeFile: (path, content) => ({ name: 'write_file', input: { file_path: path, content } }),
  tolerated: [],
}

function toCommand(path: string, content: string): string {
  return `printf '%s' '${content}' > '${path}'`
}

export const agents = { claudeCode, codex, codexBuiltIn, opencode, geminiCli }
