/** The part of s3rver that the tests use. The package has no types. */
declare module '@20minutes/s3rver' {
  interface S3rverOptions {
    readonly directory: string
    readonly address: string
    readonly port: number
    readonly silent: boolean
    readonly vhostBuckets?: boolean
    readonly configureBuckets: readonly { readonly name: string }[]
  }
  class S3rver {
    constructor(options: S3rverOptions)
    run(): Promise<{ readonly port: number }>
    close(): Promise<void>
  }
  export = S3rver
}
