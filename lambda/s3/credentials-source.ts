/** A key pair as requests are signed with it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With temporary credentials, such as a role's. */
  readonly sessionToken?: string;
}

/** Where a client's key pair comes from. */
export interface CredentialsSource {
  /** The pair to sign with now; kept as long as it is good. */
  current(): Promise<Credentials>;
  /**
   * Asked once after a store refused a request (403) that was signed with `refused`: the pair may have been rotated.
   *
   * @returns another pair to try once more with; undefined when there is none
   */
  afterRefusal(refused: Credentials): Promise<Credentials | undefined>;
}
