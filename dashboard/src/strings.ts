import type { NotKept } from './gateway/read-not-kept.ts'

/** Every string of the page, in each language. */
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
  readonly claim: {
    readonly title: string
    readonly hint: string
    readonly noToken: string
    readonly show: string
    readonly once: string
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
    /** A sentence for each error code that needs one. In English the message of the server needs none. */
    readonly codes: Readonly<Record<string, string>>
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
  headline: 'One address for all your models. The keys stay with you.',
  whatItIs:
    'Weir is an AI gateway that you own: it offers OpenAI’s API to your app, keeps the provider keys on the server, and relays streams as they arrive.',
  baseUrl: 'Base URL',
  language: 'Language',
  copy: 'Copy',
  copied: 'Copied',
  readiness: { checking: 'Checking…', ready: 'Ready', 'not-ready': 'Not ready', unreachable: 'Not reachable' },
  notKept: {
    anything: 'Storage is off: no database (DB on Workers, STORAGE_PATH on Node)',
    records: 'Calls are not recorded: no Durable Object is bound as LEDGER',
    pictures: 'Images are not stored: no R2 bucket (npm run deploy -- --r2)',
  },
  access: {
    title: 'This Weir requires a token',
    closedTitle: 'This Weir accepts no calls yet',
    hint: 'Enter the TOKEN of the server, or a key that you were given. This tab stores it until you close it.',
    label: 'Token',
    use: 'Continue',
    forget: 'Forget token',
  },
  claim: {
    title: 'Your key',
    hint: 'This link shows a secret once, and then no longer works. Show it only when you can store it.',
    noToken: 'This link is incomplete. Open it again, or ask its author for another one.',
    show: 'Show the secret',
    once: 'Store this secret now: it is not shown again. Programs send it as their API key.',
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
    empty: 'Ask something. The reply appears while the model writes it.',
    examples: ['What is a weir?', 'Explain server-sent events in three sentences.', 'Write a haiku about rivers.'],
    message: 'Message',
    placeholder: 'Type a message',
    send: 'Send',
    stop: 'Stop',
    clear: 'Clear',
    you: 'You',
    waiting: 'Waiting for the first token…',
    reasoning: 'Reasoning',
    noText: 'The model returned no text.',
    stopped: 'stopped',
    cutShort: 'reached the length limit',
    firstToken: 'first token',
    total: 'total',
    tokens: (prompt, completion) => `${prompt} → ${completion} tokens`,
  },
  image: {
    prompt: 'Image description',
    placeholder: 'A stone weir at dawn, mist over the water',
    create: 'Generate',
    drawing: 'Generating…',
    empty: 'Describe an image.',
    download: 'Download',
    remote: 'Open the image at the provider',
  },
  connect: {
    title: 'Connect your app',
    intro: 'Keep your OpenAI client. Change only its base URL and its key.',
    languages: 'Language of the example',
    keysTitle: 'Where the keys go',
    providerKeys: 'Provider keys',
    providerKeysHint:
      'and other provider keys go into the environment or the .env file of Weir. Apps and pages do not need them.',
    accessKey: 'Access to Weir',
    accessKeyHint:
      'Clients send TOKEN, or a virtual key, as their API key. All users share TOKEN: keep it out of public pages.',
    noAccessKey: 'Clients may send any API key. Set TOKEN and restart Weir to require one.',
  },
  models: {
    title: 'Models',
    count: (shown, all) => (shown === all ? `${all}` : `${shown} of ${all}`),
    find: 'Find a model',
    loading: 'Loading the models…',
    none: 'No models yet. Set a provider key, such as OPENAI_API_KEY or DEEPINFRA_API_KEY, and restart Weir.',
    noMatch: 'No model name matches.',
    tryIt: 'Try',
    otherOwner: 'Others',
  },
  failure: {
    codes: {},
    interrupted: 'The stream ended before the reply was complete.',
    unreachable: 'The connection failed. Is Weir still running?',
    unreadable: 'The response is not in the format of this API.',
    tryAgain: 'Try again',
    retryAfter: (when) => (/^\d+$/.test(when) ? `try again in ${when} s` : `try again after ${when}`),
  },
}

const zh: Strings = {
  htmlLanguage: 'zh-CN',
  title: 'Weir · 你自己的 AI 网关',
  headline: '一个地址，接入你的全部模型。密钥始终在你手中。',
  whatItIs: 'Weir 是由你自己掌握的 AI 网关：对应用提供 OpenAI 兼容的 API，服务商密钥只保存在服务端，流式响应即到即转。',
  baseUrl: 'Base URL',
  language: '语言',
  copy: '复制',
  copied: '已复制',
  readiness: { checking: '检查中…', ready: '已就绪', 'not-ready': '未就绪', unreachable: '无法连接' },
  notKept: {
    anything: '未启用存储：没有数据库（Workers 上的 DB，Node 上的 STORAGE_PATH）',
    records: '不保存调用记录：没有绑定为 LEDGER 的 Durable Object',
    pictures: '不保存图片：没有 R2 存储桶（npm run deploy -- --r2）',
  },
  access: {
    title: '访问此 Weir 需要令牌',
    closedTitle: '此 Weir 尚不接受调用',
    hint: '请输入服务器的 TOKEN，或分配给你的密钥。只保存在当前标签页，关闭后即清除。',
    label: '令牌',
    use: '继续',
    forget: '清除令牌',
  },
  claim: {
    title: '你的密钥',
    hint: '此链接只显示一次密钥，之后即失效。请在可以妥善保存时再显示。',
    noToken: '此链接不完整。请重新打开，或向链接的创建者索取新的链接。',
    show: '显示密钥',
    once: '请立即保存此密钥，之后不会再显示。程序将它作为 API key 发送。',
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
    remote: '在服务商处打开图片',
  },
  connect: {
    title: '接入你的应用',
    intro: '继续使用现有的 OpenAI 客户端，只需更换 base URL 和密钥。',
    languages: '示例语言',
    keysTitle: '密钥放在哪里',
    providerKeys: '服务商密钥',
    providerKeysHint: '等写在 Weir 的环境变量或 .env 文件中，应用和网页都不需要它们。',
    accessKey: '访问 Weir',
    accessKeyHint: '客户端把 TOKEN 或虚拟密钥作为 API key 发送。TOKEN 由所有人共用，请勿写入公开网页。',
    noAccessKey: '客户端可填写任意 API key。要求密钥时，设置 TOKEN 并重新启动 Weir。',
  },
  models: {
    title: '模型',
    count: (shown, all) => (shown === all ? `${all}` : `${shown} / ${all}`),
    find: '查找模型',
    loading: '正在获取模型列表…',
    none: '还没有模型。请设置服务商密钥后启动 Weir，例如 OPENAI_API_KEY 或 DEEPINFRA_API_KEY。',
    noMatch: '没有名称匹配的模型。',
    tryIt: '试用',
    otherOwner: '其他',
  },
  failure: {
    codes: {
      invalid_json: '请求体不是有效的 JSON。',
      invalid_value: '请求中有字段的类型或取值不正确。',
      missing_required_parameter: '请求缺少必需的字段。',
      json_too_deep: '请求体的 JSON 嵌套过深。',
      json_too_large: '请求体的 JSON 包含的值过多。',
      header_not_allowed: '请求带有服务器不接受的请求头。',
      bad_request: 'HTTP 请求格式有误。',
      model_unpriced: '该模型没有已知价格，服务器拒绝此类调用。可在 prices 中配置价格。',
      invalid_api_key: '密钥缺失或无效，也可能已停用或已过期。',
      credential_required: '该服务商使用调用方自己的凭据，本页面无法发送。请选择其他服务商的模型。',
      access_not_configured: '服务器尚未设置 TOKEN，因此不接受这次调用。',
      token_expired: '用户令牌已过期，请重新获取。',
      token_not_for_this_server: '令牌是真的，但属于另一个应用，或缺少服务器要求的声明。',
      proof_required: '用户令牌与页面的密钥绑定，每个请求都需要新的 `DPoP` 证明。',
      token_revoked: '用户令牌已被撤销，或它所属的密钥已停用、删除或过期。请重新获取，或重新登录。',
      challenge_required: '访客需要先完成页面上的人机验证。',
      challenge_failed: '人机验证的结果错误、已过期或已使用过，请重新验证。',
      challenge_unavailable: '人机验证服务暂时没有响应，请稍后重试。',
      visitors_not_allowed: '服务器不接受匿名访客。管理员可以用 `visitors.origins` 允许访客。',
      client_tokens_not_configured: '服务器没有签发用户令牌的密钥，需要由管理员设置 CLIENT_TOKEN_SECRETS。',
      origin_not_allowed: '此网页的来源不在服务器或密钥的允许列表中。',
      permission_denied: '当前调用方无权执行此操作。',
      model_not_allowed: '当前密钥不能使用该模型。',
      operation_not_allowed: '当前密钥不能使用该端点。',
      address_not_allowed: '当前密钥不能从此网络地址使用。',
      model_not_found: '找不到该模型，请检查模型名称。',
      no_matching_provider: '按请求里的 `models` 和 `provider` 筛选之后，没有剩下任何服务商。',
      response_not_found: '找不到该响应：它不存在、已过期，或属于另一个密钥。',
      previous_response_not_found: '找不到 `previous_response_id` 指定的响应：它不存在、已过期，或属于另一个密钥。',
      not_found: '服务器没有这个端点。',
      method_not_allowed: '该端点不支持这种 HTTP 方法。',
      websocket_not_supported: '服务器不支持 WebSocket，请改用 HTTP 请求。',
      request_timeout: '请求体未在规定时间内传完。',
      body_too_large: '请求体超出大小上限。',
      unsupported_media_type: '该端点不接受这种内容类型或内容编码。',
      rate_limit_exceeded: '已达到速率或并发限额，请稍后重试。',
      insufficient_quota: '预算或额度不足。',
      route_limited: '这条路由的所有目标都达到了服务商的限速，请稍后重试。',
      route_failed: '这条路由的所有目标都失败了。',
      route_without_target: '这条路由没有适合这次调用的目标。',
      headers_too_large: '请求头过多或过大。',
      internal: '网关内部出错，请凭请求 ID 在服务器日志中查找原因。',
      field_not_translatable: '该模型的服务商使用另一种 API，无法表达这个字段。',
      operation_not_supported: '该模型的服务商不提供这个端点。',
      upstream_unreachable: '无法连接服务商，或者连接在收到响应之前中断。',
      upstream_dns_error: '无法解析服务商的主机名。',
      upstream_tls_error: '服务商的 TLS 证书无效。',
      upstream_auth_failed: '服务商不接受服务器上配置的密钥，需要运维人员更换。',
      upstream_redirected: '服务商返回了重定向，网关不会跟随。请运维人员更正服务商的 base URL。',
      upstream_invalid_answer: '服务商返回的内容不是有效的响应，或者流中出现了服务器的密钥。',
      upstream_empty_answer: '服务商的响应没有内容。',
      upstream_refused_reply: '服务商的内容政策拦截了回答。',
      upstream_answer_too_large: '服务商的响应超出大小上限。',
      upstream_interrupted: '服务商的流式响应在完成之前中断。',
      no_provider_configured: '尚未配置服务商，请设置服务商密钥。',
      overloaded: '服务器正在处理的数据已达上限，请稍后重试。',
      draining: '服务器正在关闭，请重试。',
      link_not_found: '链接无效或已失效，请向链接的创建者索取新的链接。',
      link_used: '链接已被使用。如果不是你本人使用，请立即告知链接的创建者。',
      too_many_attempts: '失败次数过多，请稍后重试。',
      storage_not_configured: '服务器没有配置存储。',
      store_unavailable: '存储暂时无法读写，原因见服务器日志。',
      plan_quota_exceeded: 'Cloudflare 套餐的每日配额已用完，UTC 0 点重新计算。',
      upstream_connect_timeout: '连接服务商超时。',
      upstream_first_byte_timeout: '服务商未在规定时间内开始响应。',
      upstream_idle_timeout: '服务商的流式响应长时间没有新内容，已超时。',
      upstream_total_timeout: '调用超出总时限。',
      // Codes of OpenAI that reach the page unchanged.
      context_length_exceeded: '输入超出模型的上下文长度。',
      content_policy_violation: '服务商的内容审核拒绝了这次请求。',
      moderation_blocked: '服务商的内容审核拒绝了这次请求。',
      unsupported_country_region_territory: '服务商不接受从服务器所在国家或地区发出的调用。',
    },
    interrupted: '回复尚未完成，数据流就中断了。',
    unreachable: '连接失败。Weir 还在运行吗？',
    unreadable: '返回的内容不符合此 API 的格式。',
    tryAgain: '重试',
    retryAfter: (when) => (/^\d+$/.test(when) ? `请在 ${when} 秒后重试` : `请在 ${when} 之后重试`),
  },
}

export const strings = { en, zh }
