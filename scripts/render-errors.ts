import { errorTable } from '../src/core/errors.ts'
import { toTable } from './to-table.ts'

const introduction = `# Errors

<!-- Written by scripts/generate-docs.ts from src/core/errors.ts. Change it there, then run: node scripts/generate-docs.ts -->

Every error under \`/v1\` has OpenAI's shape, so that its SDKs raise their usual exceptions:

\`\`\`json
{"error": {"message": "…", "type": "invalid_request_error", "param": null, "code": "invalid_json"}}
\`\`\`

These are the errors of Weir itself. What a provider answers is passed on with its own status and body.

`

/** The text of docs/errors.md. */
export function renderErrors(): string {
  const rows = Object.entries(errorTable)
    .map(([code, { status, type, meaning }]) => ({
      status,
      cells: [`\`${code}\``, String(status), `\`${type}\``, meaning],
    }))
    .sort((left, right) => left.status - right.status)
    .map(({ cells }) => cells)
  return introduction + toTable(['code', 'status', 'type', 'meaning'], rows)
}
