/** What is known of a kept image; its bytes are in the blob store under the same id. */
export interface Image {
  readonly id: string
  readonly owner: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  /** Of the bytes, lower-case hexadecimal. */
  readonly sha256: string
  readonly prompt: string | undefined
  readonly model: string | undefined
  readonly createdAt: number
}

/** Metadata of kept images. Atomic, shared and never stale; as durable as `SessionStore`. An image never changes. */
export interface ImageStore {
  /** Call it after the bytes are kept. False, with nothing changed, where the id is taken. */
  put(image: Image): Promise<boolean>
  /** By id alone, since an image's unguessable URL is what gives access to it. */
  find(id: string): Promise<Image | undefined>
  /** Ids of at most `limit` images made before `cutoff`, oldest first. */
  findOlderThan(cutoff: number, limit: number): Promise<readonly string[]>
  /** False where the image is unknown. */
  delete(id: string): Promise<boolean>
}
