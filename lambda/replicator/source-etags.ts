/** The ETag of an object put in one part is its MD5, unless the store encrypts with keys of its own. */
const MD5_SHAPE = /^[0-9a-f]{32}$/;

/** Whether the source's ETags are digests, as far as the last one that was compared tells. */
export class SourceEtags {
  private digests = true;

  public static looksLikeDigest(etag: string): boolean {
    return MD5_SHAPE.test(etag);
  }

  public get areDigests(): boolean {
    return this.digests;
  }

  /** Whether it may be sent as the body's MD5 without having been compared: the destination refuses what does not match. */
  public maySend(etag: string): boolean {
    return this.digests && SourceEtags.looksLikeDigest(etag);
  }

  public compared(etag: string, md5: string): void {
    this.digests = etag === md5;
  }
}
