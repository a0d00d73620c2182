import type { NotKept } from './gateway/read-not-kept.ts'

/** Every text of the page, once in each language. */
export interface Strings {
  readonly htmlLanguage: string
  readonly title: string
  readonly headline: string
  readonly whatItIs: string
  readonly baseUrl: string
  readonly language: string
  readonly copy: string
  readonly copied: string
  readonly readiness: Readonly<Record<'checking' | 'ready' | 'not-ready' | 'unreachable', string>>
  readonly notKept: Readonly<Record<NotKept, string>>
  readonly access: {
    readonly title: string
    readonly closedTitle: string
    readonly hint: string
    readonly label: string
    readonly use: string
    readonly forget: string
  }
  readonly playground: {
    readonly title: string
    readonly chat: string
    readonly images: string
    readonly model: string
    readonly otherModel: string
    readonly modelName: string
    readonly backToList: string
    readonly noModel: string
  }
  readonly chat: {
    readonly conversation: string
    readonly empty: string
    readonly examples: readonly string[]
    readonly message: string
    readonly placeholder: string
    readonly send: string
    readonly stop: string
    readonly clear: string
    readonly you: string
    readonly waiting: string
    readonly reasoning: string
    readonly noText: string
    readonly stopped: string
    readonly cutShort: string
    readonly firstToken: string
    readonly total: string
    readonly tokens: (prompt: number, completion: number) => string
  }
  readonly image: {
    readonly prompt: string
    readonly placeholder: string
    readonly create: string
    readonly drawing: string
    readonly empty: string
    readonly download: string
    readonly remote: string
  }
  readonly connect: {
    readonly title: string
    readonly intro: string
    readonly languages: string
    readonly keysTitle: string
    readonly providerKeys: string
    readonly providerKeysHint: string
    readonly accessKey: string
    readonly accessKeyHint: string
    readonly noAccessKey: string
  }
  readonly models: {
    readonly title: string
    readonly count: (shown: number, all: number) => string
    readonly find: string
    readonly loading: string
    readonly none: string
    readonly noMatch: string
    readonly tryIt: string
    readonly otherOwner: string
  }
  readonly failure: {
    readonly interrupted: string
    readonly unreachable: string
    readonly unreadable: string
    readonly tryAgain: string
    readonly retryAfter: (when: string) => string
  }
}

const en: Strings = {
  htmlLanguage: 'en',
  title: 'Weir · your AI gateway',
  headline: 'One address for every model. The keys stay with you.',
  whatItIs:
    'Weir is an AI gateway that you own: it speaks OpenAI’s API to your app, keeps the provider keys on its own side, and lets streams through untouched.',
  baseUrl: 'Base URL',
  language: 'Language',
  copy: 'Copy',
  copied: 'Copied',
  readiness: { checking: 'Checking…', ready: 'Ready', 'not-ready': 'Not ready', unreachable: 'Not reachable' },
  notKept: {
    anything: 'Nothing is kept: no database (DB on Workers, STORAGE_PATH on Node)',
    records: 'Records are not kept: no Durable Object is bound as LEDGER',
    pictures: 'Pictures are not kept: no R2 bucket (npm run deploy -- --r2)',
  },
  access: {
    title: 'This Weir asks for a token',
    closedTitle: 'This Weir is not open yet',
    hint: 'The TOKEN that it was started with. It is kept in this tab only, and forgotten when you close it.',
    label: 'Token',
    use: 'Continue',
    forget: 'Forget token',
  },
  playground: {
    title: 'Try it',
    chat: 'Chat',
    images: 'Images',
    model: 'Model',
    otherModel: 'Another model…',
    modelName: 'Name of the model',
    backToList: 'Back to the list',
    noModel: 'Choose a model first.',
  },
  chat: {
    conversation: 'Conversation',
    empty: 'Ask something. The answer arrives as the model writes it.',
    examples: ['What is a weir?', 'Explain server-sent events in three sentences.', 'Write a haiku about rivers.'],
    message: 'Message',
    placeholder: 'Type a message',
    send: 'Send',
    stop: 'Stop',
    clear: 'Clear',
    you: 'You',
    waiting: 'Waiting for the first token…',
    reasoning: 'Reasoning',
    noText: 'The model finished without any text.',
    stopped: 'stopped',
    cutShort: 'cut at the length limit',
    firstToken: 'first token',
    total: 'total',
    tokens: (prompt, completion) => `${prompt} → ${completion} tokens`,
  },
  image: {
    prompt: 'What to draw',
    placeholder: 'A stone weir at dawn, mist over the water',
    create: 'Draw',
    drawing: 'Drawing…',
    empty: 'Describe a picture.',
    download: 'Download',
    remote: 'Open the picture at its provider',
  },
  connect: {
    title: 'Connect your app',
    intro: 'Keep your OpenAI client. Only the address changes.',
    languages: 'Language of the example',
    keysTitle: 'Where the keys go',
    providerKeys: 'Provider keys',
    providerKeysHint: 'and the like go into Weir’s environment or its .env file. No app or page needs them.',
    accessKey: 'Access to Weir',
    accessKeyHint:
      'Guarded by TOKEN, which clients send as their API key. It is one secret for everyone: keep it out of public pages.',
    noAccessKey: 'Open just now: clients may send any API key. Start Weir with TOKEN set to guard it.',
  },
  models: {
    title: 'Models',
    count: (shown, all) => (shown === all ? `${all}` : `${shown} of ${all}`),
    find: 'Find a model',
    loading: 'Asking for the models…',
    none: 'No models yet. Start Weir with a provider key, such as OPENAI_API_KEY or DEEPINFRA_API_KEY.',
    noMatch: 'No model has that in its name.',
    tryIt: 'Try',
    otherOwner: 'Others',
  },
  failure: {
    interrupted: 'The stream ended before the answer was complete.',
    unreachable: 'The connection failed. Is Weir still running?',
    unreadable: 'The answer is not in the format of this API.',
    tryAgain: 'Try again',
    retryAfter: (when) => (/^\d+$/.test(when) ? `try again in ${when} s` : `try again after ${when}`),
  },
}

const zh: Strings = {
  htmlLanguage: 'zh-CN',
  title: 'Weir · 你自己的 AI 网关',
  headline: '一个地址，通往所有模型。密钥始终在你手中。',
  whatItIs:
    'Weir 是由你自己掌握的 AI 网关：对应用提供 OpenAI 兼容的 API，供应商密钥只保存在网关一侧，流式响应原样通过。',
  baseUrl: 'Base URL',
  language: '语言',
  copy: '复制',
  copied: '已复制',
  readiness: { checking: '检查中…', ready: '已就绪', 'not-ready': '未就绪', unreachable: '无法连接' },
  notKept: {
    anything: '不保存任何数据：没有数据库（Workers 上的 DB，Node 上的 STORAGE_PATH）',
    records: '不保存调用记录：没有绑定为 LEDGER 的 Durable Object',
    pictures: '不保存图片：没有 R2 存储桶（npm run deploy -- --r2）',
  },
  access: {
    title: '访问此 Weir 需要令牌',
    closedTitle: '此 Weir 尚未开放',
    hint: '即启动 Weir 时设置的 TOKEN。只保存在当前标签页，关闭后即清除。',
    label: '令牌',
    use: '继续',
    forget: '清除令牌',
  },
  playground: {
    title: '试一试',
    chat: '对话',
    images: '图像',
    model: '模型',
    otherModel: '其他模型…',
    modelName: '模型名称',
    backToList: '返回列表',
    noModel: '请先选择模型。',
  },
  chat: {
    conversation: '对话内容',
    empty: '问点什么吧，回答会随着模型的输出逐字显示。',
    examples: ['什么是堰（weir）？', '用三句话解释 Server-Sent Events。', '写一首关于河流的短诗。'],
    message: '消息',
    placeholder: '输入消息',
    send: '发送',
    stop: '停止',
    clear: '清空',
    you: '你',
    waiting: '正在等待第一个 token…',
    reasoning: '思考过程',
    noText: '模型没有输出任何文字。',
    stopped: '已停止',
    cutShort: '达到长度上限',
    firstToken: '首个 token',
    total: '总用时',
    tokens: (prompt, completion) => `${prompt} → ${completion} tokens`,
  },
  image: {
    prompt: '画面描述',
    placeholder: '清晨的石堰，水面上薄雾弥漫',
    create: '生成',
    drawing: '生成中…',
    empty: '描述一幅画面。',
    download: '下载',
    remote: '在供应商处打开图片',
  },
  connect: {
    title: '接入你的应用',
    intro: '继续使用现有的 OpenAI 客户端，只需更换地址。',
    languages: '示例语言',
    keysTitle: '密钥放在哪里',
    providerKeys: '供应商密钥',
    providerKeysHint: '等写在 Weir 的环境变量或 .env 文件中，应用和网页都不需要它们。',
    accessKey: '访问 Weir',
    accessKeyHint: '需要 TOKEN，客户端把它作为 API key 发送。所有人共用这一个密钥，请勿写入公开网页。',
    noAccessKey: '目前无需令牌，客户端可填写任意 API key。启动 Weir 时设置 TOKEN 即可加以保护。',
  },
  models: {
    title: '模型',
    count: (shown, all) => (shown === all ? `${all}` : `${shown} / ${all}`),
    find: '查找模型',
    loading: '正在获取模型列表…',
    none: '还没有模型。请设置供应商密钥后启动 Weir，例如 OPENAI_API_KEY 或 DEEPINFRA_API_KEY。',
    noMatch: '没有名称匹配的模型。',
    tryIt: '试用',
    otherOwner: '其他',
  },
  failure: {
    interrupted: '回答尚未完成，数据流就中断了。',
    unreachable: '连接失败。Weir 还在运行吗？',
    unreadable: '返回的内容不符合此 API 的格式。',
    tryAgain: '重试',
    retryAfter: (when) => (/^\d+$/.test(when) ? `请在 ${when} 秒后重试` : `请在 ${when} 之后重试`),
  },
}

export const strings = { en, zh }
