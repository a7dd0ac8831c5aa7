import type { RouteFacts } from "./server-routes";

/** Environment variables with which a user names a server that runs already. */
export interface EndpointVariables {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Used when neither key is set. Absent: both must be set. */
  readonly defaultKey?: string;
}

/** Reads the variables. Undefined when no server is named. */
export function namedEndpoint(
  variables: EndpointVariables,
  environment: Readonly<Record<string, string>>,
): RouteFacts["endpoint"] {
  const url = environment[variables.url];
  if (url === undefined || url === "") {
    return undefined;
  }
  if (!isPlainHttp(url)) {
    // The drill breaks connections on the way to the store, which needs bytes that it can pass on unread.
    return {
      refused: `${variables.url} is "${url}"; allowed: a base URL as in http://127.0.0.1:9000, without path or TLS`,
    };
  }
  const accessKeyId = environment[variables.accessKey] ?? variables.defaultKey;
  const secretAccessKey = environment[variables.secretKey] ?? variables.defaultKey;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return {
      refused: `${variables.url} is set, so ${variables.accessKey} and ${variables.secretKey} are needed too`,
    };
  }
  return { url, keys: { accessKeyId, secretAccessKey } };
}

function isPlainHttp(text: string): boolean {
  if (!URL.canParse(text)) {
    return false;
  }
  const url = new URL(text);
  return url.protocol === "http:" && url.pathname === "/" && url.search === "" && url.username === "";
}
