import type { Credentials } from "../credentials-source";
import { demandsDigest } from "../digest-demand";
import { errorKind } from "../error-kind";
import { type RequestDescription, storeError } from "../request-failure";
import type { StoreError } from "../store-error";
import { withoutSecrets } from "../without-secrets";
import { readError } from "./documents";
import { type Answer, bytesOf } from "./exchange";

/** The most of a server's own words that a message repeats, in characters. */
const LONGEST_MESSAGE = 500;

/**
 * An answer that is no success, or whose document is an error in spite of its status.
 *
 * @param pair - what the request was signed with: should the server repeat a part of it, the error does not
 * @param status - what to go by; an error in a success has the status that it would have had alone
 */
export function refusalOf(
  answer: Answer,
  request: RequestDescription,
  pair: Credentials,
  status = answer.status,
): StoreError {
  const document = readError(bytesOf(answer).toString());
  const clean = (said: string | undefined) => (said === undefined ? said : withoutSecrets(said, pair));
  const code = clean(document?.code)?.slice(0, LONGEST_MESSAGE);
  const words = clean(document?.message)?.slice(0, LONGEST_MESSAGE);
  const message = [code, words].filter(Boolean).join(": ");
  return storeError(
    errorKind(request.operation, status, code),
    `${answer.status} ${message}`.trimEnd(),
    request,
    {
      code,
      demandsDigest: demandsDigest(status, code, words),
      requestId: clean(answer.headers.requestId ?? document?.requestId)?.slice(0, LONGEST_MESSAGE),
    },
  );
}
