import type { Conversation, DemoAsk } from './demo-ask.ts'
import { shortenText } from './shorten-text.ts'

/** Characters of what is said back; enough to recognise it. */
const quotedCharacters = 1_000

/** A reply in Markdown that says what it is, and repeats what it was told, in whichever language that was. */
export function composeReply({ model, conversation }: DemoAsk, choiceIndex: number): string {
  const paragraphs = [
    `**Weir demo.** No model was asked: \`${model}\` is built into the gateway, so that you can build against it offline and for free.`,
    ...(conversation.toolResults.length > 0 ? describeToolResults(conversation) : describeMessage(conversation)),
    `\`\`\`json\n${JSON.stringify({ model, messages: conversation.messageCount, choice: choiceIndex })}\n\`\`\``,
    'Set the key of a provider to get real answers.',
  ]
  return paragraphs.join('\n\n')
}

function describeToolResults({ toolResults, lastText }: Conversation): readonly string[] {
  const answers = toolResults.map((result) => `The tool answered:\n\n${quote(result)}`)
  return lastText === '' ? answers : [...answers, `That was for:\n\n${quote(lastText)}`]
}

function describeMessage({ lastText, attachments }: Conversation): readonly string[] {
  const said = lastText === '' ? 'You said nothing.' : `You said:\n\n${quote(lastText)}`
  return attachments.length === 0 ? [said] : [said, `With it came: ${countNames(attachments)}.`]
}

/** `image, image, file` → `2 × image, 1 × file`. */
function countNames(names: readonly string[]): string {
  const distinct = [...new Set(names)]
  return distinct.map((name) => `${names.filter((other) => other === name).length} × ${name}`).join(', ')
}

function quote(text: string): string {
  return shortenText(text, quotedCharacters)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
}
