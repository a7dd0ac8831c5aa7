/** No key pair could be had. Neither the message nor anything inside it holds a part of one. */
export class CredentialsError extends Error {
  public override readonly name = "CredentialsError";
}
