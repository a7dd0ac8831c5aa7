import type { RunningLocalStack } from "../../../drill/local-cloud/localstack";

/** The JSON services of AWS that are called here, by the prefix of their operations and the version of their protocol. */
const SERVICES = {
  sqs: { prefix: "AmazonSQS", contentType: "application/x-amz-json-1.0" },
  events: { prefix: "AWSEvents", contentType: "application/x-amz-json-1.1" },
  states: { prefix: "AWSStepFunctions", contentType: "application/x-amz-json-1.0" },
  logs: { prefix: "Logs_20140328", contentType: "application/x-amz-json-1.1" },
} as const;

/** Calls LocalStack's services other than S3. LocalStack reads region and service from a signature and does not check it. */
export class AwsApi {
  constructor(private readonly localStack: Pick<RunningLocalStack, "endpoint" | "region" | "accessKeyId">) {}

  public async call<Answer>(
    service: keyof typeof SERVICES,
    operation: string,
    input: unknown,
  ): Promise<Answer> {
    const { prefix, contentType } = SERVICES[service];
    const headers = { "x-amz-target": `${prefix}.${operation}`, "content-type": contentType };
    return this.send<Answer>(service, "POST", "/", headers, input);
  }

  public lambda<Answer>(method: "GET" | "POST", path: string, input?: unknown): Promise<Answer> {
    return this.send<Answer>(
      "lambda",
      method,
      `/2015-03-31${path}`,
      { "content-type": "application/json" },
      input,
    );
  }

  private async send<Answer>(
    service: string,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    input: unknown,
  ): Promise<Answer> {
    const { endpoint, region, accessKeyId } = this.localStack;
    const scope = `${accessKeyId}/20260101/${region}/${service}/aws4_request`;
    const response = await fetch(`${endpoint}${path}`, {
      method,
      headers: {
        ...headers,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: input === undefined ? undefined : JSON.stringify(input),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${service} ${headers["x-amz-target"] ?? path} answered ${response.status}: ${text}`);
    }
    return (text === "" ? {} : JSON.parse(text)) as Answer;
  }
}
