import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { StoreCredentials } from "../../contract/credentials";
import { close, listen } from "../machine/loopback-server";
import type { SecretStore } from "./secret-store";

const TARGET_PREFIX = "secretsmanager.";

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly versionId: string;
  readonly createdSeconds: number;
  readonly value: string;
}

/**
 * Answers `GetSecretValue` as Secrets Manager does, from memory, on a free port of 127.0.0.1. Requests must
 * be signed; the signature itself is not checked.
 */
export async function startSecretsStandIn(): Promise<SecretStore> {
  const secrets = new Map<string, Secret>();
  const server = createServer((request, response) => {
    answer(request, secrets).then(
      ({ status, body, errorType }) => send(response, status, body, errorType),
      () => response.destroy(),
    );
  });
  const port = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    put: (name, credentials) => {
      secrets.set(name, newSecret(name, credentials));
      return Promise.resolve();
    },
    stop: () => {
      secrets.clear();
      return close(server);
    },
  };
}

function newSecret(name: string, { accessKeyId, secretAccessKey }: StoreCredentials): Secret {
  return {
    name,
    arn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-${randomUUID().slice(0, 6)}`,
    versionId: randomUUID(),
    createdSeconds: Date.now() / 1000,
    value: JSON.stringify({ accessKeyId, secretAccessKey }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly errorType?: string;
}

async function answer(request: IncomingMessage, secrets: ReadonlyMap<string, Secret>): Promise<Answer> {
  const body = await text(request);
  if (request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") !== true) {
    return refusal("MissingAuthenticationTokenException", "the request is not signed");
  }
  const target = String(request.headers["x-amz-target"] ?? "");
  if (target !== `${TARGET_PREFIX}GetSecretValue`) {
    return refusal(
      "UnknownOperationException",
      `operation "${target.replace(TARGET_PREFIX, "")}" is not answered here`,
    );
  }
  const id = secretId(body);
  if (id === undefined) {
    return refusal("InvalidParameterException", "SecretId is missing");
  }
  const secret = [...secrets.values()].find(({ name, arn }) => name === id || arn === id);
  if (secret === undefined) {
    return refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }
  return {
    status: 200,
    body: {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: secret.versionId,
      SecretString: secret.value,
      VersionStages: ["AWSCURRENT"],
      CreatedDate: secret.createdSeconds,
    },
  };
}

function secretId(body: string): string | undefined {
  try {
    const parsed = JSON.parse(body) as { SecretId?: unknown } | null;
    return typeof parsed?.SecretId === "string" ? parsed.SecretId : undefined;
  } catch {
    return undefined;
  }
}

function refusal(errorType: string, message: string): Answer {
  return { status: 400, errorType, body: { __type: errorType, message } };
}

function send(response: ServerResponse, status: number, body: object, errorType: string | undefined): void {
  const content = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "content-length": Buffer.byteLength(content),
    "x-amzn-requestid": randomUUID(),
    ...(errorType === undefined ? {} : { "x-amzn-errortype": errorType }),
  });
  response.end(content);
}
