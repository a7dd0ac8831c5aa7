import type { RunningLocalStack } from "../../../drill/local-cloud/localstack";

/** The JSON services of AWS that are called here, by the prefix of their operations and the version of their protocol. */
const SERVICES = {
  sqs: { prefix: "AmazonSQS", contentType: "application/x-amz-json-1.0" },
  events: { prefix: "AWSEvents", contentType: "application/x-amz-json-1.1" },
  states: { prefix: "AWSStepFunctions", contentType: "application/x-amz-json-1.0" },
  logs: { prefix: "Logs_20140328", contentType: "application/x-amz-json-1.1" },
} as const;

const JSON_CONTENT = { "content-type": "application/json" };

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
    return this.send<Answer>("lambda", method, `/2015-03-31${path}`, JSON_CONTENT, input);
  }

  /** What becomes of asynchronous invocations; part of a later version of Lambda's API. */
  public async configureInvokes(functionName: string, input: unknown): Promise<void> {
    const path = `/2019-09-25/functions/${functionName}/event-invoke-config`;
    await this.send("lambda", "PUT", path, JSON_CONTENT, input);
  }

  /** Starts a function as a schedule does, without waiting for it. */
  public async startFunction(functionName: string): Promise<void> {
    const path = `/2015-03-31/functions/${functionName}/invocations`;
    await this.send("lambda", "POST", path, { ...JSON_CONTENT, "x-amz-invocation-type": "Event" }, {});
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
