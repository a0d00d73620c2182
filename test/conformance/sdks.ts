import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import OpenAIv4 from 'openai-v4'
import * as z from 'zod'

/** A release of OpenAI's own client. */
export interface Sdk {
  readonly name: string
  /** v4 goes by the types of today's: the tests call what both have, and the rest is named here. */
  readonly OpenAI: typeof OpenAI
  /** Where `parse`, `stream` and `runTools` are. */
  chatHelpers(client: OpenAI): OpenAI['chat']['completions']
  deleteFile(client: OpenAI, id: string): Promise<unknown>
  /** The schema as a strict `response_format`: by the SDK's own zod helper, where it understands zod 4. */
  toResponseFormat(name: string, schema: z.ZodObject): OpenAI.ResponseFormatJSONSchema
}

const current: Sdk = {
  name: 'openai 7',
  OpenAI,
  chatHelpers: (client) => client.chat.completions,
  deleteFile: (client, id) => client.files.delete(id),
  toResponseFormat: (name, schema) => zodResponseFormat(schema, name),
}

const v4: Sdk = {
  name: 'openai 4',
  OpenAI: OpenAIv4 as unknown as typeof OpenAI,
  chatHelpers: (client) => toV4(client).beta.chat.completions as unknown as OpenAI['chat']['completions'],
  deleteFile: (client, id) => toV4(client).files.del(id),
  toResponseFormat: (name, schema) => ({
    type: 'json_schema',
    json_schema: { name, strict: true, schema: z.toJSONSchema(schema) },
  }),
}

/** The current major, and the one before v5 that most older apps pin. */
export const sdks: readonly Sdk[] = [current, v4]

function toV4(client: OpenAI): OpenAIv4 {
  return client as unknown as OpenAIv4
}
