/** The prose of docs/dialects.md in one language. Names of fields and messages of errors are in no language. */
export interface PageWords {
  readonly introduction: string
  readonly requests: string
  readonly replies: string
  readonly errors: string
  readonly requestsOf: (name: string) => string
  readonly repliesOf: (name: string) => string
  readonly errorsOf: (name: string) => string
  readonly field: string
  readonly member: string
  readonly error: string
  /** The head of a column: a provider's dialect, or a client's. */
  readonly forProvider: (name: string) => string
  readonly forClient: (name: string) => string
  readonly carried: string
  readonly dropped: string
  readonly refused: string
  readonly own: string
  readonly leftOut: string
  readonly anError: string
  readonly restDropped: string
  readonly colon: string
  readonly comma: string
  readonly semicolon: string
  readonly inStream: string
  /** A field that is absent then, the value that another has the outcome of, and a message. */
  readonly no: (path: string) => string
  readonly as: (value: string) => string
  readonly code: (code: string) => string
  readonly message: (message: string) => string
  readonly comparison: string
  readonly aboutComparison: string
  readonly differenceHead: readonly [pair: string, field: string, reason: string]
  /** Returns a reason that samples and differences give in English. */
  readonly reason: (english: string) => string
}

export const englishWords: PageWords = {
  introduction: `# Fields between dialects

<!-- Written by scripts/generate-docs.ts, which translates the requests in test/translation/samples. Run: npm run docs -->

A client of one dialect reaches a provider of another ([how](./decisions/0030-one-neutral-form.md)). If the provider serves the client's dialect itself,
bytes pass and nothing on this page applies. [中文](./dialects.zh-CN.md)

Each field of a request is one of these:

- *carried*: it has the same name and value there.
- → *a field*: its value goes there, in that dialect's form.
- *dropped*: the call is made without it, and \`x-weir-dropped\` of the response names it.
- *refused*: without it the request would mean something else. The call fails with \`field_not_translatable\` and this advice.
- *own*: Weir decides it, or it says nothing new, for this reason.

A member of a reply that is *left out* does not reach the client. Streams carry the same members. Of an error, a cell has the status, the type (of Gemini: the
status's name) and the code, and the message if Weir changes it: Claude Code and OpenAI's clients shorten a conversation when they read \`prompt is too long\` or
\`context_length_exceeded\`.

No field is silent. Brackets hold the role or type of an object: \`messages[user].content[image_url]\`. Where models differ, the cell names one of each kind.

Each of these words, and each error, links to the line that a test compares with the translation. [The tests of fields](../test/translation/fields.test.ts)
translate a request with and without each field, and compare this list with the types of the official SDKs: a new field fails until it is classified.
[Those of errors](../test/translation/errors.test.ts) translate the errors that the providers document.
`,
  requests: 'Requests',
  replies: 'Replies',
  errors: 'Errors',
  requestsOf: (name) => `Requests of ${name}`,
  repliesOf: (name) => `Replies of ${name}`,
  errorsOf: (name) => `Errors of ${name}`,
  field: 'field',
  member: 'member',
  error: 'error',
  forProvider: (name) => `for ${name}`,
  forClient: (name) => `for a client of ${name}`,
  carried: 'carried',
  dropped: 'dropped',
  refused: 'refused',
  own: 'own',
  leftOut: 'left out',
  anError: 'an error',
  restDropped: 'the rest dropped',
  colon: ': ',
  comma: ', ',
  semicolon: '; ',
  inStream: 'in a stream',
  no: (path) => `no ${path}`,
  as: (value) => `as ${value}`,
  code: (code) => `code ${code}`,
  message: (message) => `“${message}”`,
  comparison: 'Compared with the AI SDK',
  aboutComparison: `[A test](../test/translation/oracle.test.ts) sends prompts through the AI SDK's provider of one dialect and Weir to a provider of another, and the same prompts
through the AI SDK's own provider of that dialect. Requests and the parts of streams are equal, but for these fields:`,
  differenceHead: ['caller → provider', 'field', 'reason'],
  reason: (english) => english,
}

const chineseReasons: Readonly<Record<string, string>> = {
  'Weir writes the model of the target.': '由 Weir 写入目标模型的名字。',
  'The path of Gemini’s call says it.': '在 Gemini 的调用路径里体现。',
  'Weir adds the usage to the stream itself.': 'Weir 自己在流里加上用量。',
  'The padding is OpenAI’s own.': '这种填充只有 OpenAI 才有。',
  'Text is the default.': '文本就是默认值。',
  'It labels the schema.': '只是模式的标签。',
  'Claude and Gemini always follow the schema.': 'Claude 和 Gemini 总是遵守模式。',
  'Responses shows no reasoning unless it is asked to.': '不要求时，Responses 本来就不显示推理。',
  'It stands beside `logprobs`.': '随 `logprobs` 一起转换。',
  'The order says the same.': '顺序已经说明了这一点。',
  'It is always `text/plain`.': '只能是 `text/plain`。',
  'Nothing is stored elsewhere.': '别处本来就不保存。',
  'False is the default.': '默认就是 false。',
  'It stands beside `include`.': '随 `include` 一起转换。',
  'The response has the reasoning that the provider shows.': '服务商显示多少推理，响应里就有多少。',
  'They describe the text for a reader.': '是写给读者看的文本说明。',
  'The id of an item means nothing elsewhere.': '条目的 id 在别处没有意义。',
  'The items of a request are complete.': '请求里的条目都是完整的。',
  'One is the default.': '默认就是一个。',
  'The schema says the same.': '有模式就够了。',
  'The model decides, as it does by default.': '由模型决定，默认就是如此。',
  'It is the default.': '就是默认值。',
  'The file has its type.': '文件自带类型。',
  'The id or the name says which call it answers.': '凭 id 或名字就能找到对应的调用。',
  'A string and a list with one text mean the same.': '一个字符串和只含一段文本的列表含义相同。',
  'The AI SDK does not send `reasoning_details` back, and Anthropic refuses thinking without its signature.':
    'AI SDK 不会送回 `reasoning_details`，而 Anthropic 拒绝没有签名的思考内容。',
  'Responses has no stop words: the AI SDK drops them.': 'Responses 没有停止词，AI SDK 会丢弃它们。',
  'Messages has no name for a schema, and OpenAI requires one.': 'Messages 的模式没有名字，而 OpenAI 要求有。',
  'Weir uses the field for instructions, the AI SDK a message.': 'Weir 用专门的指令字段，AI SDK 用一条消息。',
  'OpenAI’s types require it; `auto` is the default.': 'OpenAI 的类型要求有它，默认值是 `auto`。',
  'Google documents `output` for the result of a function; the AI SDK has fields of its own in its place.':
    'Google 的文档用 `output` 放函数结果，AI SDK 用的是自己的字段。',
  'Of calls in parallel, Gemini checks the first only; the AI SDK marks each that has no signature.':
    '并行调用时 Gemini 只检查第一个；AI SDK 给每个没有签名的调用都加上标记。',
  'Gemini signs a text after its end. These dialects have a signature in reasoning only, here one without text.':
    'Gemini 在文本结束之后才签名。这些协议只有思考内容才带签名，这里是一段没有文字的思考。',
  'The AI SDK sends Gemini no name of a file.': 'AI SDK 不把文件名发给 Gemini。',
  'Gemini has no name for a schema, and OpenAI requires one.': 'Gemini 的模式没有名字，而 OpenAI 要求有。',
  'OpenAI’s strict mode refuses schemas that Gemini accepts.': 'OpenAI 的严格模式会拒绝 Gemini 接受的某些模式。',
  'The AI SDK wraps a result for Gemini in fields of its own, which the model of another provider sees too.':
    'AI SDK 会把给 Gemini 的结果包进自己的字段，换成别家的模型时，模型也会看到这些字段。',
}

export const chineseWords: PageWords = {
  introduction: `# 各协议之间的字段

<!-- 由 scripts/generate-docs.ts 生成：它会转换 test/translation/samples 里的请求。运行 npm run docs -->

客户端用一种协议，服务商用另一种协议，由 Weir 转换（[做法](./decisions/0030-one-neutral-form.md)）。如果服务商本来就支持客户端的协议，字节原样通过，与本页无关。[English](./dialects.md)

请求的每个字段属于下面某一种：

- *保留*：名字和值都不变。
- → *某个字段*：值放到那里，写成对方的形式。
- *丢弃*：去掉它再调用，并在响应头 \`x-weir-dropped\` 里写明。
- *拒绝*：去掉它，请求的含义就变了。调用失败，错误码为 \`field_not_translatable\`，并附上表中的建议（错误信息是英文）。
- *自理*：由 Weir 决定，或者没有新的含义，原因写在表中。

响应中标为*略去*的成员不会到达客户端，流里的成员与此相同。错误的单元格里依次是状态码、类型（Gemini 是状态名）和错误码，Weir 改动过的错误信息也会列出：Claude Code 和 OpenAI 的客户端读到
\`prompt is too long\` 或 \`context_length_exceeded\` 就会压缩对话。

没有一个字段会悄悄消失。方括号里是对象的角色或类型，例如 \`messages[user].content[image_url]\`。不同模型结果不同时，每类举一个模型为例。

这些词和每个错误都带链接，指向测试用来核对转换结果的那一行。[字段的测试](../test/translation/fields.test.ts)把每个字段去掉前后的请求各转换一次，再与官方 SDK 的类型逐一比对：SDK 新增的字段如果没有归类，测试就不通过。
[错误的测试](../test/translation/errors.test.ts)转换服务商文档里列出的错误。
`,
  requests: '请求',
  replies: '响应',
  errors: '错误',
  requestsOf: (name) => `${name} 的请求`,
  repliesOf: (name) => `${name} 的响应`,
  errorsOf: (name) => `${name} 的错误`,
  field: '字段',
  member: '成员',
  error: '错误',
  forProvider: (name) => `发往 ${name}`,
  forClient: (name) => `${name} 的客户端`,
  carried: '保留',
  dropped: '丢弃',
  refused: '拒绝',
  own: '自理',
  leftOut: '略去',
  anError: '错误',
  restDropped: '其余丢弃',
  colon: '：',
  comma: '、',
  semicolon: '；',
  inStream: '流中',
  no: (path) => `去掉 ${path}`,
  as: (value) => `同 ${value}`,
  code: (code) => `错误码 ${code}`,
  message: (message) => `“${message}”`,
  comparison: '与 AI SDK 比较',
  aboutComparison: `[这项测试](../test/translation/oracle.test.ts)让 AI SDK 用一种协议经 Weir 访问另一种协议的服务商，再用 AI SDK 自带的该协议实现发送同样的提示词。除下列字段外，请求和流的各部分完全相同：`,
  differenceHead: ['调用方 → 服务商', '字段', '原因'],
  reason(english) {
    const chinese = chineseReasons[english]
    if (chinese === undefined) throw new Error(`There is no Chinese for the reason "${english}".`)
    return chinese
  },
}
