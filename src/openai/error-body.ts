import type { GatewayError } from '../core/errors.ts'

/** OpenAI's error shape. Source: https://platform.openai.com/docs/guides/error-codes/api-errors */
export interface ErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
  }
}

/** An error as OpenAI's SDKs read it. */
export function toErrorBody(error: GatewayError): ErrorBody {
  return { error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code } }
}
