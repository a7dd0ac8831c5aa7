import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { LOG_LEVEL_VARIABLE, MARKER_VARIABLES, storeVariables } from "../../contract/environment";
import { FAN_OUT_KEY } from "../../contract/fan-out";
import { PROGRESS_KEY } from "../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { localClient } from "../../drill/local-cloud/local-bucket";
import type { RunningLocalStack } from "../../drill/local-cloud/localstack";
import { localStackSecrets } from "../../drill/local-cloud/localstack-secrets";
import { startMinio } from "../../drill/local-cloud/minio";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import type { SecretStore } from "../../drill/local-cloud/secret-store";
import { failoverConfig } from "../../failover.config";
import { bundleReplicator } from "../../scripts/bundle-replicator";
import { type SynthesizedStacks, synthesizeStacks } from "../../stacks/synthesize";
import { AwsApi } from "../support/localstack-lambda/aws-api";
import { type Deployment, deployPlan } from "../support/localstack-lambda/deploy-plan";
import { startLocalStackWithFunctions } from "../support/localstack-lambda/localstack-with-functions";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { describeReal } from "../support/real-stores";
import { type SlowWrites, startSlowWrites } from "../support/slow-writes";

const folder = path.join(tmpdir(), `drivers-real-test-${randomUUID()}`);
const zipFile = path.join(folder, "replicator.zip");

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The repository's own configuration with all drivers; the shortest schedule, and a runtime that LocalStack knows. */
function synthesizeDrivers(): SynthesizedStacks {
  const replication = {
    ...failoverConfig.replication,
    assetPath: zipFile,
    runtime: "nodejs22.x",
    everyMinutes: 1,
    events: true,
    fanOut: true,
    fanOutObjectsPerSecond: 1000,
  };
  const config = { ...failoverConfig, replication };
  return synthesizeStacks({ activeProvider: "primary", config, outdir: path.join(folder, "plan") });
}

async function eventually<T>(seconds: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(200);
  }
  throw new Error(`${what} did not happen within ${seconds} s`);
}

describeReal(
  "the deployed zip, behind a schedule, a queue and a state machine",
  ["localstack", "minio"],
  () => {
    let stores: Record<StoreName, RunningStore>;
    let clients: Record<StoreName, S3Client>;
    let api: AwsApi;
    let deployment: Deployment;
    let secrets: SecretStore;
    let slow: SlowWrites;
    let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
    const active: StoreName = "primary";

    beforeAll(async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(zipFile, (await bundleReplicator(path.resolve(__dirname, "../.."))).zip);
      const plans = synthesizeDrivers();
      const { bucketName, region } = failoverConfig.primary;
      const { bucketName: standbyBucket, originHost } = failoverConfig.secondary;
      const [primary, secondary] = await Promise.all([
        startLocalStackWithFunctions({
          storeName: "primary",
          bucketName,
          region,
          originHost: `${bucketName}.s3.${region}.amazonaws.com`,
          folder: path.join(folder, "localstack"),
        }),
        startMinio({
          storeName: "secondary",
          bucketName: standbyBucket,
          region: "us-east-1",
          originHost,
          folder: path.join(folder, "minio"),
        }),
      ]);
      stores = { primary, secondary };
      clients = { primary: clientOf(primary), secondary: clientOf(secondary) };
      // A range's many small copies shall not fit into one invocation.
      slow = await startSlowWrites(secondary.port, 200, (url) => url.includes("/seed/"));
      resolvers = await startMarkerResolvers(() => ({ active, writesPaused: false }));
      secrets = localStackSecrets(primary);
      api = new AwsApi(primary);
      deployment = await deploy(plans, primary);
    });

    afterAll(async () => {
      for (const client of Object.values(clients)) client.destroy();
      await secrets.stop();
      await resolvers.stop();
      await slow.stop();
      await Promise.all(Object.values(stores).map((store) => store.stop()));
    });

    function clientOf(store: RunningStore): S3Client {
      return localClient({ ...store, keys: store });
    }

    async function deploy(plans: SynthesizedStacks, localStack: RunningLocalStack): Promise<Deployment> {
      const ports = { primary: stores.primary.port, secondary: slow.port };
      const addresses = STORE_NAMES.map((name) => ({
        [storeVariables(name).endpoint]: `http://127.0.0.1:${ports[name]}`,
        [storeVariables(name).addressStyle]: "path",
        [storeVariables(name).region]: stores[name].region,
      }));
      const secret = plannedVariable(plans, storeVariables("secondary").credentialsSecret);
      await secrets.put(secret, stores.secondary);
      return deployPlan(plans.replication, api, localStack.region, {
        zipFile,
        environment: Object.assign({}, ...addresses, {
          [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
          [LOG_LEVEL_VARIABLE]: "debug",
        }),
        // Half of it is for what is in flight at the end: a range comes to its end in several pieces.
        timeoutSeconds: { "fan-out_function": 2 },
      });
    }

    function plannedVariable({ replication }: SynthesizedStacks, name: string): string {
      const text = JSON.stringify(replication);
      return new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1] ?? "";
    }

    async function put(store: StoreName, key: string, body: string): Promise<void> {
      const Bucket = stores[store].bucketName;
      await clients[store].send(
        new PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: "text/x-test" }),
      );
    }

    /** The body; undefined where there is no such key. */
    async function body(store: StoreName, key: string): Promise<string | undefined> {
      try {
        const input = { Bucket: stores[store].bucketName, Key: key };
        const { Body } = await clients[store].send(new GetObjectCommand(input));
        return await Body?.transformToString();
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return undefined;
        throw error;
      }
    }

    /** Whether the bucket's events go to EventBridge, as the primary's plan has it. */
    async function notify(on: boolean): Promise<void> {
      await clients.primary.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: stores.primary.bucketName,
          NotificationConfiguration: on ? { EventBridgeConfiguration: {} } : {},
        }),
      );
    }

    /** What a function printed, a JSON line each. */
    async function logged(
      name: string,
    ): Promise<readonly { event?: string; range?: number; report?: Record<string, unknown> }[]> {
      const logGroupName = `/aws/lambda/${deployment.attribute("aws_lambda_function", name, "function_name")}`;
      const { events } = await api.call<{ events: { message: string }[] }>("logs", "FilterLogEvents", {
        logGroupName,
      });
      return events.flatMap(({ message }) => (message.startsWith("{") ? [JSON.parse(message)] : []));
    }

    async function queueSizes(): Promise<number[]> {
      const sizes = ["events_queue", "events_dead-letter-queue"].map(async (name) => {
        const { Attributes } = await api.call<{ Attributes: Record<string, string> }>(
          "sqs",
          "GetQueueAttributes",
          {
            QueueUrl: deployment.attribute("aws_sqs_queue", name, "url"),
            AttributeNames: ["All"],
          },
        );
        return (
          Number(Attributes.ApproximateNumberOfMessages) +
          Number(Attributes.ApproximateNumberOfMessagesNotVisible)
        );
      });
      return Promise.all(sizes);
    }

    describe("an event", () => {
      it("brings an object to the standby at once, whatever its key", async () => {
        const keys = ["plain.txt", "a b/ä+%20.txt", "100%.txt"];
        await notify(true);

        for (const key of keys) await put("primary", key, `body of ${key}`);

        for (const key of keys) {
          const copy = await eventually(20, `the copy of ${key}`, () => body("secondary", key));
          expect(copy).toBe(`body of ${key}`);
        }
        const head = await clients.secondary.send(
          new HeadObjectCommand({ Bucket: stores.secondary.bucketName, Key: "plain.txt" }),
        );
        expect(head.ContentType).toBe("text/x-test");
      });

      it("brings an overwrite, and leaves the older version where it was", async () => {
        await put("primary", "plain.txt", "written over");

        await eventually(20, "the overwrite", async () =>
          (await body("secondary", "plain.txt")) === "written over" ? true : undefined,
        );
        const { Versions } = await clients.secondary.send(
          new ListObjectVersionsCommand({ Bucket: stores.secondary.bucketName, Prefix: "plain.txt" }),
        );
        expect(Versions).toHaveLength(2);
      });

      it("brings new tags, which change neither ETag nor date", async () => {
        const tagged = (store: StoreName) => ({ Bucket: stores[store].bucketName, Key: "plain.txt" });
        const TagSet = [{ Key: "state", Value: "reviewed" }];
        await clients.primary.send(
          new PutObjectTaggingCommand({ ...tagged("primary"), Tagging: { TagSet } }),
        );

        const tags = await eventually(20, "the tags", async () => {
          const answer = await clients.secondary.send(new GetObjectTaggingCommand(tagged("secondary")));
          return answer.TagSet?.length ? answer.TagSet : undefined;
        });
        expect(tags).toEqual(TagSet);
      });

      it("comes back alone when it is no event of this bucket, and the rest of its batch is done", async () => {
        const QueueUrl = deployment.attribute("aws_sqs_queue", "events_queue", "url");
        await api.call("sqs", "SendMessage", { QueueUrl, MessageBody: "no event" });
        await put("primary", "beside.txt", "done");

        await eventually(20, "the copy", () => body("secondary", "beside.txt"));
        const report = await eventually(20, "a returned message", async () => {
          const lines = await logged("events_function");
          return lines.find(({ report }) => Number(report?.returned) > 0)?.report;
        });

        expect(report).toMatchObject({ returned: 1, malformed: [expect.any(String)] });
        // Hidden until it is tried again; nothing else is left.
        const [waiting, dead] = await eventually(20, "an empty queue", async () => {
          const sizes = await queueSizes();
          return sizes[0] === 1 ? sizes : undefined;
        });
        expect([waiting, dead]).toEqual([1, 0]);
        await api.call("sqs", "PurgeQueue", { QueueUrl });
      });
    });

    describe("a fan-out", () => {
      const keys = Array.from({ length: 300 }, (_, index) => `seed/${String(index).padStart(3, "0")}.txt`);

      it("copies the whole bucket in ranges side by side, in as many pieces as it takes", async () => {
        await notify(false);
        await Promise.all(keys.map((key) => put("primary", key, `seed ${key}`)));
        // As earlier passes would have sampled them, in another epoch; the first range is much the longest.
        const boundaries = ["seed/239.txt", "seed/269.txt"];
        await put(
          "secondary",
          PROGRESS_KEY,
          JSON.stringify({ epoch: 0, source: "a", destination: "b", boundaries }),
        );

        const { executionArn } = await api.call<{ executionArn: string }>("states", "StartExecution", {
          stateMachineArn: deployment.attribute("aws_sfn_state_machine", "fan-out_state-machine", "arn"),
          input: "{}",
        });
        const ended = await eventually(60, "the end of the fan-out", async () => {
          const execution = await api.call<{ status: string; output?: string; cause?: string }>(
            "states",
            "DescribeExecution",
            { executionArn },
          );
          return execution.status === "RUNNING" ? undefined : execution;
        });

        expect(ended).toMatchObject({ status: "SUCCEEDED" });
        const output = JSON.parse(ended.output ?? "{}");
        expect(output).toMatchObject({ complete: true, failed: 0, exceptions: 0 });
        for (const key of keys) expect([key, await body("secondary", key)]).toEqual([key, `seed ${key}`]);
        const progress = JSON.parse((await body("secondary", PROGRESS_KEY)) ?? "{}");
        expect(progress).toMatchObject({ epoch: 1, syncPoint: output.syncPoint });
        const pieces = (await logged("fan-out_function")).filter(({ event }) => event === "range");
        expect(new Set(pieces.map(({ range }) => range))).toEqual(new Set([0, 1, 2]));
        expect(pieces.length).toBeGreaterThan(3);
        expect(await body("primary", FAN_OUT_KEY)).toBeUndefined();
      });
    });

    describe("the schedule", () => {
      it("starts a sweep that brings over what no event told of, and deletions", async () => {
        await notify(false);
        await put("primary", "unannounced.txt", "found");
        await clients.primary.send(
          new DeleteObjectCommand({ Bucket: stores.primary.bucketName, Key: "seed/000.txt" }),
        );

        await eventually(75, "the sweep", async () => {
          const gone = (await body("secondary", "seed/000.txt")) === undefined;
          return gone && (await body("secondary", "unannounced.txt")) === "found" ? true : undefined;
        });
      });
    });

    describe("a run that fails", () => {
      it("leaves what it failed at in the dead-letter queue, and is not tried again", async () => {
        await resolvers.stop();
        const functionName = deployment.attribute(
          "aws_lambda_function",
          "replicator_function",
          "function_name",
        );
        const QueueUrl = deployment.attribute("aws_sqs_queue", "replicator_dead-letter-queue", "url");

        await api.startFunction(functionName);

        const message = await eventually(60, "a dead letter", async () => {
          const { Messages = [] } = await api.call<{ Messages?: { Body: string }[] }>(
            "sqs",
            "ReceiveMessage",
            {
              QueueUrl,
            },
          );
          return Messages[0] && (JSON.parse(Messages[0].Body) as Record<string, unknown>);
        });
        expect(message).toMatchObject({
          requestContext: { approximateInvokeCount: 1 },
          responsePayload: { errorType: "RunFailedError", errorMessage: expect.stringContaining("stopped") },
        });
      });
    });
  },
);
