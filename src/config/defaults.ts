import { dayMs, hourMs, minuteMs } from '../core/time.ts'

const kibibyte = 1_024
const mebibyte = 1_024 * kibibyte
const secondMs = 1_000

/**
 * All defaults and limits, each with its unit in its name and its reason. The configuration file overrides them. The
 * defaults of one provider kind are in that kind's file.
 */
export const defaults = {
  server: {
    /** Loopback, because a server that is not configured must not be reachable from outside. */
    host: '127.0.0.1',
    /** Wrangler's port too, which makes the quick start identical on both platforms. */
    port: 8_787,
    /** Long completions take minutes and are paid for; 30 s cut too many of them off. An idle server stops at once. */
    drainMs: 10 * minuteMs,
    /**
     * Room for a body of maximum size at any time on a machine with 256 MB. An isolate has 128 MB for everything,
     * including the program.
     */
    maxBufferedBytes: { node: 128 * mebibyte, workers: 48 * mebibyte },
    /**
     * An idle connection takes about 64 KiB, and 2,000 stays below 4,096, a common minimum of file descriptors per
     * process.
     */
    maxConnections: 2_000,
    /**
     * A page opens 6 connections, a program's pool 50 to 100, and several clients share the address of a NAT. Trusted
     * proxies are not counted.
     */
    maxConnectionsPerAddress: 500,
    /**
     * An error or the page arrives within one or two seconds on any line; a longer wait is a slow attack, or the client
     * does not read.
     */
    unknownCallerMs: 15 * secondMs,
  },
  clientTokens: {
    /** As OpenAI's client secrets. https://platform.openai.com/docs/api-reference/realtime-sessions */
    defaultSeconds: 600,
    /** A day: a page that is open longer asks for another token. */
    maxSeconds: 86_400,
    /** Hundreds of ordinary chat replies, and a loss that an operator can bear. */
    defaultUsd: 1,
  },
  visitors: {
    operations: ['chat.completions'],
    tokenSeconds: 3_600,
    /** A household or a small office; a campus behind one address solves a challenge. */
    newPerAddressPerHour: 20,
    /** https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ */
    verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    /** The services answer in about 100 ms. */
    verifyTimeoutMs: 5 * secondMs,
    /**
     * Pieces that the visitors of an address may store in an hour without a call to a model: a new or changed session, a
     * key of a repeatable call, or 4 KiB of a message. Enough for hundreds of conversations.
     */
    storedPerAddressPerHour: 1_000,
    storedPieceBytes: 4 * kibibyte,
    /** New visitors, and what they store, are counted for this long, for this many addresses. */
    counter: { windowMs: hourMs, max: 10_000 },
  },
  limits: {
    /**
     * A chat with a few base64 images is 10 to 20 MiB, and OpenAI stops at 50 MB. The body is held in memory, which
     * rules out more.
     */
    bodyBytes: 32 * mebibyte,
    /** OpenAI accepts 25 MB of audio and several images of 50 MB. The body is streamed, so memory is no constraint. */
    mediaBodyBytes: 128 * mebibyte,
    /**
     * Ten images of 2048 × 2048 as base64. The response is held in memory, within the share of `maxBufferedBytes` that
     * one call may take.
     */
    answerBytes: 64 * mebibyte,
    /** JSON.stringify throws from a depth of about 10,000, which takes 20 KB of body; real requests stay below 20. */
    jsonDepth: 64,
    /** Browsers behind two proxies send about 40. */
    headerCount: 100,
    /** An event with a token is under 1 KiB, but chat models also send a whole base64 image in one event. */
    eventBytes: 32 * mebibyte,
    /** A budget that one long completion can exceed does not limit anything. */
    capOutput: true,
  },
  responses: {
    /** OpenAI keeps a response for 30 days. Source: https://platform.openai.com/docs/guides/conversation-state */
    retentionMs: 30 * dayMs,
  },
  timeouts: {
    /** A connection is established in under a second or not at all; this leaves room for one or two lost packets. */
    connectMs: 10 * secondMs,
    /**
     * Without streaming, the first byte arrives when the whole completion is generated. OpenAI's SDKs wait 10 minutes;
     * a gateway with a shorter timeout throws away a completion that is paid for.
     */
    firstByteMs: 10 * minuteMs,
    /**
     * Reasoning models that hide their reasoning pause for minutes between two events; a longer silence is a dead
     * upstream.
     */
    idleMs: 5 * minuteMs,
    /** The longest known completions, deep reasoning at full length, end after about 20 minutes. */
    totalMs: 30 * minuteMs,
  },
  streams: {
    /** Load balancers and nginx close a connection that is silent for 60 s; some mobile networks do so after 30 s. */
    heartbeatMs: 15 * secondMs,
    /**
     * Most upstream errors arrive within seconds. Must stay below the 60 s after which intermediate proxies give up.
     */
    holdHeadersMs: 10 * secondMs,
    /** A page in a background tab keeps reading; a client that reads nothing for a minute is gone. */
    stalledReaderMs: 1 * minuteMs,
    /** Enough for the closing packet to arrive, after which the connection is reused. */
    graceMs: 1 * secondMs,
    /** The duration of a long completion. The provider charges for all of it, so its usage is worth recording. */
    drainMs: 2 * minuteMs,
  },
  storage: {
    /** In the working directory, beside the configuration. */
    path: '.weir',
    /** R2's only region; servers without regions accept any. */
    s3Region: 'auto',
  },
  models: {
    /**
     * Clients of the old proxies request deleted models and cannot be changed; other callers are better served by the
     * error.
     */
    retired: 'legacy',
  },
  metering: {
    /**
     * Most chat completions are far shorter; a model's own maximum would reserve dollars for a call that costs a cent.
     */
    defaultMaxTokens: 4_096,
    /**
     * Minimum per choice to which a budget lowers the output limit: about 750 words, more than most completions, and
     * room for the shortest reasoning (Anthropic's minimum is 1,024). A shorter completion would cost money and be
     * useless.
     */
    minOutputTokens: 1_024,
    /**
     * A budget that cannot pay a call's worst case reserves a quarter of its remainder, which leaves room for
     * concurrent calls.
     */
    partsOfRest: 4,
    unpriced: 'block_budgeted',
    /** Limits that do not hold are worse than none, because users rely on them. */
    onStoreFailure: 'refuse',
    /** 0 is for ever: records are for questions that arise years later. */
    retentionDays: 0,
  },
  keys: {
    /**
     * How long a cached key, or a cached "unknown", is used before the store is queried again. The process that changes
     * a key sees the change at once, other processes on the machine after this time. An unknown key is queried sooner,
     * because it may have been created just now.
     */
    node: { freshMs: 1 * secondMs, unknownMs: 250 },
    /**
     * A key lookup is a round trip to D1, up to 100 ms from far away. A revoked key works for up to 30 s, or a minute
     * while D1 is down.
     */
    workers: { freshMs: 30 * secondMs, unknownMs: 2 * secondMs },
    /**
     * How long cached keys work while the store is unreachable: enough for a restart of it, and the maximum for a key
     * that is revoked meanwhile.
     */
    staleMs: 1 * minuteMs,
    /** About 2 KiB for each key. */
    cacheSize: 10_000,
    /** Enough for all clients of a key to switch to its new secret. */
    overlapSeconds: 24 * 60 * 60,
  },
  idempotency: {
    /** Stripe's retention; a program retries within hours. */
    keptMs: dayMs,
    /**
     * A call whose server has not renewed its lease for this long counts as lost. Long enough for a store that is slow
     * for a while.
     */
    leaseMs: 30 * secondMs,
    /** Interval between two renewals of a lease; two may fail. */
    renewMs: 10 * secondMs,
    /** A D1 row holds 2 MB, and base64 turns three bytes into four. Chat responses are far below; images are not. */
    answerBytes: 1 * mebibyte,
  },
  admin: {
    /** One or two paste mistakes are not an attack. */
    freeTries: 5,
    /** The first wait after them; each further failure doubles it up to the maximum: about 30 guesses an hour. */
    firstWaitMs: 1 * secondMs,
    maxWaitMs: 5 * minuteMs,
    /** An address without a failure for this long starts again with the free tries. */
    resetAfterMs: hourMs,
    /** Failures from all addresses together, because an attacker may have thousands. */
    failuresPerMinute: 100,
    /** About 100 bytes for each address. */
    addresses: 10_000,
    /**
     * Maximum failures in the audit log, because outsiders must not be able to fill it. The log of calls has a line for
     * each.
     */
    auditedPerHour: 100,
    erasure: {
      /** No limit for one request. A step blocks calls for about 5 ms. */
      node: { maxStatements: Number.POSITIVE_INFINITY, recordsPerStep: 200 },
      /** The free plan allows 50 D1 statements for a request; some of them find the key and write the audit log. */
      workers: { maxStatements: 32, recordsPerStep: 2_000 },
    },
    /** A working day; then the person signs in again. */
    sessionMs: 12 * hourMs,
    /** Ends a session on a machine that its person has left. */
    sessionIdleMs: hourMs,
    /** Interval between two records of a session's use, each of which is a write. */
    sessionTouchMs: minuteMs,
    /** The time to sign in at the OpenID provider, with a second factor. */
    loginMs: 10 * minuteMs,
    /** Clocks of servers that use NTP differ by less than a second; this allows for some that do not. */
    clockSkewSeconds: 30,
    /** An OpenID provider answers in well under a second. */
    issuerTimeoutMs: 5 * secondMs,
    /** Documents of OpenID providers are a few KiB. */
    issuerDocumentBytes: 256 * kibibyte,
    /** A key that the provider withdraws is trusted for at most this time. */
    issuerKeysMs: hourMs,
    /** A new key of the provider is fetched when a token names it, but strangers must not cause a fetch each. */
    issuerRetryMs: minuteMs,
    /** One day is enough to read a message; the maximum is a week. */
    linkSeconds: 24 * 60 * 60,
    maxLinkSeconds: 7 * 24 * 60 * 60,
    /** How long an expired link stays listed. */
    linkListedMs: 30 * dayMs,
  },
  sessions: {
    /** 0 is for ever: a conversation that disappears unasked is a defect to its user. Owners delete their sessions. */
    retentionDays: 0,
  },
  images: {
    /** 0 is for ever: pages embed the URLs, and stable URLs are the purpose of keeping images. */
    retentionDays: 0,
    /**
     * The largest images of today's models, 4K as PNG, are about 25 MiB. An image is held in memory while it is saved.
     */
    maxBytes: 32 * mebibyte,
    /** The image exists when its URL arrives; this is the time to move 32 MiB over a slow line. */
    fetchTimeoutMs: 30 * secondMs,
  },
  /** Calls accept no cookie and no ambient authority from a browser, so any page that has a key may call. */
  corsOrigins: ['*'] as readonly string[],
  /** The holder of the token is a developer; the keys of users and anonymous pages need no schema. */
  introspection: 'auto',
  /** The one that OpenID providers must offer. */
  loginAlgorithms: ['RS256'] as const,
  logLevel: 'info',
} as const
