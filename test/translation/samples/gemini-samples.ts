import type { Content, Tool } from '@google/genai'
import type { DialectSamples } from './dialect-samples.ts'

// Sources, read on 2026-11-30: the types of @google/genai 3.3.0 with the names that its converters write, and for
// fields that the types lack https://ai.google.dev/api/generate-content.

const text = { text: 'How is the weather?' } as const
const question: Content = { role: 'user', parts: [text] }
const picture = { mimeType: 'image/png', data: 'iVBORw0KGgo=', displayName: 'a.png' }
const pdf = { mimeType: 'application/pdf', data: 'JVBERi0=', displayName: 'a.pdf' }
const sound = { mimeType: 'audio/wav', data: 'UklGRg==' }
const weather = { type: 'object', properties: { city: { type: 'string' } } }
const googleWeather = { type: 'OBJECT', properties: { city: { type: 'STRING', nullable: true } } }
const weatherTool = { functionDeclarations: [{ name: 'weather', parametersJsonSchema: weather }] }
const twoTools = {
  functionDeclarations: [...weatherTool.functionDeclarations, { name: 'clock', parametersJsonSchema: weather }],
}
const threeTools = {
  functionDeclarations: [...twoTools.functionDeclarations, { name: 'map', parametersJsonSchema: weather }],
}
const functionCall = { id: 'c1', name: 'weather', args: { city: 'Jena' } }
const functionResponse = { id: 'c1', name: 'weather', response: { output: 'Sunny' } }

/** Parts of a user, each in a request of its own: some are refused. */
const userParts: readonly object[] = [
  { inlineData: picture },
  { inlineData: pdf },
  { inlineData: sound },
  { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } },
  { fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a', displayName: 'a.png' } },
  { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf', displayName: 'a.pdf' } },
  { fileData: { mimeType: 'image/png', fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a' } },
  {
    ...text,
    partMetadata: { page: 1 },
    speechMetadata: { speaker: 'Ada', style: 'calm' },
    audioTranscription: { text: 'Hello' },
  },
  { inlineData: picture, mediaResolution: {}, videoMetadata: { startOffset: '1s', endOffset: '2s', fps: 1 } },
  { inlineData: picture, mediaProcessing: {} },
]

const configs: readonly object[] = [
  { candidateCount: 2 },
  { responseModalities: ['TEXT', 'IMAGE'] },
  { responseFormat: [{ text: { mimeType: 'APPLICATION_JSON' } }] },
  { responseLogprobs: true },
  { responseLogprobs: true, logprobs: 2 },
  { responseMimeType: 'text/plain' },
  { responseMimeType: 'application/json' },
  { responseMimeType: 'application/json', responseSchema: googleWeather },
  { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a', 'b'] } },
  { responseMimeType: 'application/json', responseJsonSchema: weather },
  { responseMimeType: 'application/json', _responseJsonSchema: weather },
  ...['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'].map((thinkingLevel) => ({ thinkingConfig: { thinkingLevel } })),
  ...[-1, 0, 2_000].map((thinkingBudget) => ({ thinkingConfig: { thinkingBudget } })),
  { thinkingConfig: { includeThoughts: true } },
]

const requests: readonly object[] = [
  {
    model: 'm',
    contents: [question],
    systemInstruction: { role: 'system', parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE', method: 'SEVERITY' }],
    labels: { project: 'x' },
    store: false,
    continuationToken: 'token',
    modelArmorConfig: { promptTemplateName: 'a', responseTemplateName: 'b' },
    generationOutputConfig: { outputUriPrefix: 'gs://x' },
    generationConfig: {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      candidateCount: 1,
      maxOutputTokens: 500,
      stopSequences: ['END', 'STOP'],
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      seed: 7,
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
      speechConfig: { languageCode: 'de-DE' },
      audioTimestamp: true,
      audioTranscriptionConfig: { languageCodes: ['de-DE'] },
      imageConfig: { aspectRatio: '1:1' },
      enableEnhancedCivicAnswers: true,
      routingConfig: { autoMode: {} },
      modelSelectionConfig: { featureSelectionPreference: 'BALANCED' },
      responseModalities: ['TEXT'],
    },
  },
  { contents: [question], generation_config: { max_output_tokens: 500 } },
  { contents: [question], systemInstruction: 'Be brief.' },
  { contents: [question], systemInstruction: { parts: [{ inlineData: { data: picture.data } }] } },
  { contents: [question], cachedContent: 'cachedContents/1' },
  ...['standard', 'flex', 'priority'].map((serviceTier) => ({ contents: [question], serviceTier })),
  ...configs.map((generationConfig) => ({ contents: [question], generationConfig })),
  ...userParts.map((part) => ({ contents: [{ role: 'user', parts: [text, part] }] })),
  {
    contents: [
      question,
      {
        role: 'model',
        parts: [{ text: 'I look outside.', thought: true }, { text: 'Sunny.' }],
      },
      question,
    ],
  },
  { contents: [question, { role: 'model', parts: [{ text: 'Sunny.', thoughtSignature: 'c2ln' }] }, question] },
  {
    contents: [
      question,
      {
        role: 'model',
        parts: [
          text,
          { executableCode: { id: 'x1', language: 'PYTHON', code: '1' } },
          { codeExecutionResult: { id: 'x1', outcome: 'OUTCOME_OK', output: '1' } },
          { toolCall: { id: 't1', toolType: 'GOOGLE_SEARCH_WEB', args: {} } },
          { toolResponse: { id: 't1', toolType: 'GOOGLE_SEARCH_WEB', response: {} } },
        ],
      },
      question,
    ],
  },
  {
    tools: [weatherTool],
    contents: [
      question,
      {
        role: 'model',
        parts: [{ functionCall: { ...functionCall, partialArgs: [{ jsonPath: '$' }], willContinue: false } }],
      },
      {
        role: 'user',
        parts: [{ functionResponse: { ...functionResponse, scheduling: 'SILENT', willContinue: false } }],
      },
    ],
  },
  // Without ids, the name says which call a result answers.
  {
    tools: [twoTools],
    contents: [
      question,
      { role: 'model', parts: [{ functionCall: { name: 'weather' } }, { functionCall: { name: 'clock' } }] },
      {
        role: 'function',
        parts: [
          { functionResponse: { name: 'clock', response: { output: 'Noon' } } },
          { functionResponse: { name: 'weather', response: { output: 'Sunny' } } },
        ],
      },
    ],
  },
  ...[
    { inlineData: picture, mediaProcessing: {} },
    { inlineData: pdf },
    { fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a', displayName: 'a.png' } },
    { inlineData: sound },
  ].map((part) => ({
    contents: [
      question,
      { role: 'model', parts: [{ functionCall }] },
      { role: 'user', parts: [{ functionResponse: { ...functionResponse, parts: [part] } }] },
    ],
  })),
  {
    contents: [question],
    tools: [
      {
        functionDeclarations: [
          {
            name: 'weather',
            description: 'Tells the weather.',
            parameters: googleWeather,
            behavior: 'BLOCKING',
            response: googleWeather,
          },
          { name: 'clock', parametersJsonSchema: weather, responseJsonSchema: weather },
        ],
      },
    ],
  },
  ...(
    [
      'retrieval',
      'googleMaps',
      'codeExecution',
      'computerUse',
      'enterpriseWebSearch',
      'exaAiSearch',
      'googleSearch',
      'googleSearchRetrieval',
      'mcpServers',
      'parallelAiSearch',
      'urlContext',
      'fileSearch',
    ] as const satisfies readonly (keyof Tool)[]
  ).map((name) => ({ contents: [question], tools: [{ ...weatherTool, [name]: name === 'mcpServers' ? [{}] : {} }] })),
  ...['AUTO', 'ANY', 'NONE', 'VALIDATED'].map((mode) => ({
    contents: [question],
    tools: [twoTools],
    toolConfig: { functionCallingConfig: { mode } },
  })),
  ...[['weather'], ['weather', 'clock']].map((allowedFunctionNames) => ({
    contents: [question],
    tools: [threeTools],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames } },
  })),
  {
    contents: [question],
    tools: [weatherTool],
    toolConfig: {
      functionCallingConfig: { mode: 'ANY', streamFunctionCallArguments: true },
      retrievalConfig: { languageCode: 'de', latLng: { latitude: 50, longitude: 11 } },
      includeServerSideToolInvocations: true,
    },
  },
]

/** Members of `config` that stand beside the contents in the body. The others are in `generationConfig`. */
const besideContents =
  /^config\.(?=(?:serviceTier|systemInstruction|safetySettings|tools|toolConfig|labels|cachedContent|continuationToken|store|modelArmorConfig|generationOutputConfig)\b)/

const ownOfSdk =
  /^config\.(?:httpOptions|abortSignal|automaticFunctionCalling|automaticContinuation)\b|^(?:config\.tools|config\.systemInstruction|contents)(?:\[\])?$/

/** The SDK takes parts, or text, in the place of contents, and all settings in `config`. */
function toWireName(path: string): string | undefined {
  if (ownOfSdk.test(path)) return undefined
  return (
    path
      .replace(/^contents(?:\[\])?(?:\.parts(?:\[\]|$))?\.?/, 'contents[].parts[].')
      .replace(/^config\.systemInstruction(?:\[\])?(?:\.parts(?:\[\]|$))?\.?/, 'config.systemInstruction.parts[].')
      // Only text is an instruction: other parts are refused alike.
      .replace(/^(config\.systemInstruction\.parts\[\])\.(?!text$).*/, '$1.inlineData.data')
      .replace(besideContents, '')
      .replace(/^config\./, 'generationConfig.')
  )
}

export const geminiSamples: DialectSamples = {
  name: 'Gemini',
  types: { files: ['@google/genai/dist/genai.d.ts'], root: 'GenerateContentParameters', toWireName },
  models: ['gemini-2.5-flash', 'gemini-3.1-pro-preview'],
  requests,
  extensions: [
    'generation_config.max_output_tokens',
    'systemInstruction',
    'generationConfig._responseJsonSchema',
    'generationConfig.responseFormat[].text.mimeType',
  ],
  valued: [
    'serviceTier',
    'generationConfig.candidateCount',
    'generationConfig.responseMimeType',
    'generationConfig.responseModalities',
    'generationConfig.thinkingConfig.thinkingLevel',
    'generationConfig.thinkingConfig.thinkingBudget',
    'toolConfig.functionCallingConfig.mode',
    'contents[].parts[].inlineData.mimeType',
  ],
  // All roles have the same parts.
  toName: (path) =>
    path.replace(/^contents\[\w*\]/, 'contents[]').replace(/^systemInstruction\[\w+\]/, 'systemInstruction'),
  unread: {
    model: 'Weir writes the model of the target.',
    'generationConfig.candidateCount: 1': 'One is the default.',
    'generationConfig.responseModalities: ["TEXT"]': 'Text is the default.',
    'generationConfig.responseMimeType: "text/plain"': 'Text is the default.',
    'generationConfig.responseMimeType: "application/json"': 'The schema says the same.',
    'generationConfig.thinkingConfig.includeThoughts': 'The response has the reasoning that the provider shows.',
    'generationConfig.thinkingConfig.thinkingBudget: -1': 'The model decides, as it does by default.',
    'toolConfig.functionCallingConfig.mode: "AUTO"': 'It is the default.',
    'contents[].parts[].fileData.mimeType': 'The file has its type.',
    'contents[].parts[].functionResponse.parts[].fileData.mimeType': 'The file has its type.',
    'contents[].parts[].functionResponse.id': 'The id or the name says which call it answers.',
    'contents[].parts[].functionResponse.name': 'The id or the name says which call it answers.',
  },
}
