import S3rver from '@20minutes/s3rver'

export interface S3Server {
  readonly port: number
  close(): Promise<void>
}

/** An S3 server on loopback with one bucket, whose objects are files in `directory`. It knows the key `S3RVER`, with the same secret. */
export async function startS3(directory: string, bucket: string): Promise<S3Server> {
  const server = new S3rver({
    directory,
    silent: true,
    address: '127.0.0.1',
    port: 0,
    configureBuckets: [{ name: bucket }],
    // It would take the host for the name of a bucket.
    vhostBuckets: false,
  })
  const { port } = await server.run()
  return { port, close: () => server.close() }
}
