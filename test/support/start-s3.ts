import S3rver from '@20minutes/s3rver'

export interface S3Server {
  readonly port: number
  close(): Promise<void>
}

/**
 * Starts an S3 server on loopback with one bucket, whose objects are files in `directory`. Its only key and its secret
 * are `S3RVER`.
 */
export async function startS3(directory: string, bucket: string): Promise<S3Server> {
  const server = new S3rver({
    directory,
    silent: true,
    address: '127.0.0.1',
    port: 0,
    configureBuckets: [{ name: bucket }],
    // It would otherwise treat the host as a bucket name.
    vhostBuckets: false,
  })
  const { port } = await server.run()
  return { port, close: () => server.close() }
}
