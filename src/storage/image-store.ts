/** Metadata of a stored image. The blob store holds its bytes under the same id. */
export interface Image {
  readonly id: string
  readonly owner: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  /** SHA-256 of the bytes, lower-case hexadecimal. */
  readonly sha256: string
  readonly prompt: string | undefined
  readonly model: string | undefined
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

export interface ImagePage {
  readonly limit: number
  /** Limits the page to images after this id. */
  readonly after?: string | undefined
}

/** Metadata of stored images. Atomic, shared and never stale; as durable as `SessionStore`. An image never changes. */
export interface ImageStore {
  /** Adds an image whose bytes are already stored. Returns false, and changes nothing, if the id is taken. */
  put(image: Image): Promise<boolean>
  /** Finds an image by its id alone, because the unguessable URL of an image grants access to it. */
  find(id: string): Promise<Image | undefined>
  /** Returns the ids of at most `limit` images created before `cutoff`, oldest first. */
  findOlderThan(cutoff: number, limit: number): Promise<readonly string[]>
  /** Lists images of one owner, ordered by id. */
  listOf(owner: string, page: ImagePage): Promise<readonly Image[]>
  /** Deletes an image. Returns false if the image is unknown. */
  delete(id: string): Promise<boolean>
}
