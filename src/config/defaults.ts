import { dayMs, hourMs, minuteMs } from '../core/time.ts'

const kibibyte = 1_024
const mebibyte = 1_024 * kibibyte
const secondMs = 1_000

/**
 * Every default and every limit, with its unit in its name and its reason beside it. The configuration file overrides them. Defaults of one
 * kind of provider stand in its own file.
 */
export const defaults = {
  server: {
    /** Loopback: a server that nobody has configured must not be reachable from outside. */
    host: '127.0.0.1',
    /** Wrangler's port too, so that the quick start reads the same on both platforms. */
    port: 8_787,
    /** Long answers take minutes and are paid for: 30 s cut too many of them off. An idle server stops at once all the same. */
    drainMs: 10 * minuteMs,
    /** A body of the greatest length at any time, on a machine of 256 MB. An isolate has 128 MB for everything, the program included. */
    maxBufferedBytes: { node: 128 * mebibyte, workers: 48 * mebibyte },
    /** Some 64 KiB each while nothing is read of them, and below the 4,096 descriptors that a process often has at least. */
    maxConnections: 2_000,
    /** A page opens six, a program's pool 50 to 100; behind a NAT there are several. A proxy that is trusted is not counted. */
    maxConnectionsPerAddress: 500,
    /** A refusal or the page is there in a second or two on any line: a longer wait is a slow attack, or has no reader. */
    unknownCallerMs: 15 * secondMs,
  },
  limits: {
    /** A chat with a few pictures inlined as base64 is 10 to 20 MiB; OpenAI itself stops at 50 MB. Held in memory, so not more. */
    bodyBytes: 32 * mebibyte,
    /** OpenAI takes 25 MB of audio and several pictures of 50 MB. Streamed through, so memory is not at stake. */
    mediaBodyBytes: 128 * mebibyte,
    /** Ten pictures of 2048 × 2048 as base64. Held in memory, so not more than `maxBufferedBytes` lets one call have. */
    answerBytes: 64 * mebibyte,
    /** JSON.stringify throws from a depth of about 10,000 on, in 20 KB of body; no real request passes 20. */
    jsonDepth: 64,
    /** Browsers behind two proxies send about 40. */
    headerCount: 100,
    /** An event with a token is under 1 KiB, but chat models put pictures into one event too, as base64. */
    eventBytes: 32 * mebibyte,
    /** A budget that a long answer can run through is none. */
    capOutput: true,
  },
  timeouts: {
    /** A connection is there in under a second or not at all; this leaves room for a lost packet or two. */
    connectMs: 10 * secondMs,
    /**
     * The first byte of an answer that is not streamed comes when all of it has been thought. OpenAI's SDKs wait 10 minutes; a gateway that
     * gives up earlier throws away an answer that has been paid for.
     */
    firstByteMs: 10 * minuteMs,
    /** Reasoning models that hide their thoughts pause for minutes between two events; a longer silence is a dead upstream. */
    idleMs: 5 * minuteMs,
    /** The longest answers known, deep reasoning at full length, end after about 20 minutes. */
    totalMs: 30 * minuteMs,
  },
  streams: {
    /** Load balancers and nginx cut a connection that is silent for 60 s; some mobile networks after 30 s. */
    heartbeatMs: 15 * secondMs,
    /** Most upstream errors come within seconds. Must stay below the 60 s after which a proxy in between gives up. */
    holdHeadersMs: 10 * secondMs,
    /** A page in a background tab reads on; one that has taken nothing for a minute is gone. */
    stalledReaderMs: 1 * minuteMs,
    /** Enough for the closing packet to arrive, so that the connection can be used again. */
    graceMs: 1 * secondMs,
    /** A long answer; what the provider charges for anyway may as well be known. */
    drainMs: 2 * minuteMs,
  },
  storage: {
    /** In the folder where Weir is started, beside its configuration. */
    path: '.weir',
    /** R2's only region; servers without regions take any. */
    s3Region: 'auto',
  },
  models: {
    /** The old proxies' clients name models that are gone and cannot be changed; other callers would rather hear of it. */
    retired: 'legacy',
  },
  metering: {
    /** What most chat answers stay far below; a model's own maximum would set dollars aside for a cent. */
    defaultMaxTokens: 4_096,
    /**
     * Of one choice, the least that a budget lowers an answer to: some 750 words, which most answers stay below, and room for the shortest reasoning
     * (Anthropic's least is 1,024). Less would be paid for and be of no use.
     */
    minOutputTokens: 1_024,
    /** Of what is left of a budget that cannot carry a call's worst case, one part in so many is reserved: others at the same time find room. */
    partsOfRest: 4,
    unpriced: 'block_budgeted',
    /** Limits that do not hold are worse than none, since somebody relies on them. */
    onStoreFailure: 'refuse',
    /** For ever: books are for looking things up years later. */
    retentionDays: 0,
  },
  keys: {
    /**
     * How long a key is believed, and that there is none, before the store is asked again. The process that changes a key knows at once;
     * others on the machine after that long. An unknown key is asked for sooner, since it may just have been made.
     */
    node: { freshMs: 1 * secondMs, unknownMs: 250 },
    /** A look-up is a round trip to D1, up to 100 ms from far away. A revoked key goes on for 30 s at most, and for a minute while D1 is down. */
    workers: { freshMs: 30 * secondMs, unknownMs: 2 * secondMs },
    /** While the store cannot be asked. Long enough for it to start again; what is revoked meanwhile goes on no longer than that. */
    staleMs: 1 * minuteMs,
    /** About 2 KiB each. */
    cacheSize: 10_000,
    /** Enough for everybody to take up a new secret. */
    overlapSeconds: 24 * 60 * 60,
  },
  idempotency: {
    /** As long as Stripe keeps them: a program that tries again does so within hours. */
    keptMs: dayMs,
    /** A call whose server has not given a sign for so long is taken for lost. Long enough for a store that is slow for a while. */
    leaseMs: 30 * secondMs,
    /** Between two signs; two may fail. */
    renewMs: 10 * secondMs,
    /** A D1 row holds 2 MB, and base64 makes four bytes of three. Chats are far below; pictures are not. */
    answerBytes: 1 * mebibyte,
  },
  admin: {
    /** A slip of the clipboard or two is no attack. */
    freeTries: 5,
    /** After them, doubled with each further failure up to the longest: some thirty guesses an hour. */
    firstWaitMs: 1 * secondMs,
    maxWaitMs: 5 * minuteMs,
    /** An address that has not failed for so long begins anew. */
    resetAfterMs: hourMs,
    /** From all addresses together, since an attacker may have thousands. */
    failuresPerMinute: 100,
    /** About 100 bytes each. */
    addresses: 10_000,
    /** Failures that the audit log takes, so that it cannot be filled from outside. Each has its line in the log of calls. */
    auditedPerHour: 100,
  },
  sessions: {
    /** For ever: a conversation that vanishes unasked is a defect to whoever had it. Their owner deletes them. */
    retentionDays: 0,
  },
  images: {
    /** For ever: pages hold the URLs, and URLs that expire are what keeping is there to end. */
    retentionDays: 0,
    /** The largest that models make today, 4K as PNG, are about 25 MiB. Held in memory while they are saved. */
    maxBytes: 32 * mebibyte,
    /** The image is there already when its URL is sent; this is for moving 32 MiB over a slow line. */
    fetchTimeoutMs: 30 * secondMs,
  },
  /** No cookie and no ambient right is ever taken from a browser, so any page may call, as long as it has a key. */
  corsOrigins: ['*'] as readonly string[],
  /** The holder of the token is a developer; the keys of users and anonymous pages need no schema. */
  introspection: 'auto',
  logLevel: 'info',
} as const
