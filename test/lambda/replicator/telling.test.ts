import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "@jest/globals";
import { unzipSync } from "fflate";
import { Agent, fetch as undiciFetch } from "undici";
import { storeVariables, TELLING_VARIABLES } from "../../../contract/environment";
import { METRIC_NAMES, openMetricName } from "../../../contract/metrics";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { close, listen } from "../../../drill/machine/loopback-server";
import type { RunOutcome, RunReport } from "../../../lambda/replicator/report";
import { metricLine } from "../../../lambda/replicator/run-log";
import { runMetrics } from "../../../lambda/replicator/run-metrics";
import type { ExportRequest } from "../../../lambda/replicator/telling/export-target";
import {
  callHeartbeat,
  type Fetch,
  failureOf,
  isHeartbeatDue,
} from "../../../lambda/replicator/telling/heartbeat";
import { type TellingConfig, type TellingOptions, tell } from "../../../lambda/replicator/telling/tell";
import { bundleReplicator } from "../../../scripts/bundle-replicator";
import { BuiltFunction } from "../../support/built-function";
import { selfSignedCertificate } from "../../support/certificate";
import { startEmbeddedStores } from "../../support/embedded-stores";

const run = promisify(execFile);

/** Must never be seen in anything that is logged. */
const CANARY = randomBytes(12).toString("hex");

const report: RunReport = {
  outcome: "clean",
  source: "primary",
  destination: "secondary",
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:01:00.000Z",
  syncPoint: "2026-01-01T00:00:10.000Z",
  listed: 3,
  copied: 2,
  copiedBytes: 4096,
  removed: 0,
  unchanged: 1,
  retries: 0,
  exceptionCounts: { conflict: 1, late: 0, deleted: 0, stray: 0, withheld: 0, unsupported: 0, failed: 0 },
  exceptions: [],
};

interface Received {
  readonly method?: string;
  readonly path?: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

const tls = selfSignedCertificate();
const agent = new Agent({ connect: { ca: tls.certificate } });
/** The runtime's, that trusts the loopback server's certificate. */
const trusting: Fetch = (url, request) => undiciFetch(url, { ...request, dispatcher: agent });

/** Answers with each of the statuses in turn, then with the last; `null` never answers. Repeats all it got in the body. */
async function startServer(scheme: "http" | "https", ...statuses: readonly (number | null)[]) {
  const received: Received[] = [];
  const listener: RequestListener = (request, response) => {
    void text(request).then((body) => {
      const { method, url: target, headers } = request;
      const status = statuses[Math.min(received.length, statuses.length - 1)];
      received.push({ method, path: target, headers, body });
      if (status === null) return;
      response.writeHead(status ?? 200, { location: "https://127.0.0.1:1/elsewhere" });
      response.end(status === 200 ? "" : JSON.stringify({ target, headers, body }));
    });
  };
  const server: Server =
    scheme === "http"
      ? createServer(listener)
      : createTlsServer({ key: tls.key, cert: tls.certificate }, listener);
  const port = await listen(server);
  ends.push(() => close(server));
  return { url: `${scheme}://127.0.0.1:${port}`, received };
}

/** Tells of the report; the secret `url` holds `secret`, `headers` an Authorization header. */
async function tellOf(config: TellingConfig, secret?: string, change: Partial<TellingOptions> = {}) {
  const pauses: number[] = [];
  const options: TellingOptions = {
    config,
    readSecret: (name) => {
      if (name === "denied") return Promise.reject(new Error(`no access for ${CANARY}`));
      return Promise.resolve(name === "headers" ? `{"Authorization":"Bearer ${CANARY}"}` : secret);
    },
    clock: {
      sleep: (milliseconds) => {
        pauses.push(milliseconds);
        return Promise.resolve();
      },
    },
    bucket: "assets",
    budgetMilliseconds: 60_000,
    fetch: trusting,
    ...change,
  };
  const telling = await tell(report, runMetrics(report, 1024), options);
  const line = telling && metricLine(telling.told, 0, "assets", telling.metrics);
  expect(line ?? "").not.toContain(CANARY);
  return { ...telling, pauses };
}

const PROGRAM = `
  const { sendOtlp } = require(process.argv[1]);
  sendOtlp(JSON.parse(process.env.REQUEST)).then(
    () => console.log("sent"),
    (error) => console.log(String(error)),
  );
`;

/** Outside of Jest, where the library cannot load what it needs: the file as it is in the zip, in a process of its own. */
async function sendBuiltOtlp(url: string): Promise<string> {
  const { zip } = await bundleReplicator(path.resolve(__dirname, "../../.."));
  const folder = await mkdtemp(path.join(tmpdir(), "otlp-"));
  ends.push(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "metrics-export.js");
  await writeFile(file, unzipSync(zip)["metrics-export.js"] ?? "");
  const request: ExportRequest = {
    url,
    headers: { Authorization: `Bearer ${CANARY}` },
    metrics: runMetrics(report, 1024),
    bucket: "assets",
    timeoutMilliseconds: 1000,
  };
  const environment = { PATH: process.env.PATH, REQUEST: JSON.stringify(request) };
  const { stdout, stderr } = await run(process.execPath, ["-e", PROGRAM, file], { env: environment });
  expect(stdout + stderr).not.toContain(CANARY);
  return stdout.trim();
}

/** Answers as Secrets Manager does, with texts of any kind. */
async function startSecrets(texts: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { SecretId } = JSON.parse(body) as { SecretId: string };
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ Name: SecretId, SecretString: texts[SecretId] }));
    });
  });
  const port = await listen(server);
  ends.push(() => close(server));
  return `http://127.0.0.1:${port}`;
}

const HEARTBEAT = { heartbeatSecret: "url" };

describe("the heartbeat", () => {
  it.each([
    ["clean", true],
    ["incomplete", false],
    ["failed", false],
    ["stopped", false],
    ["yielded", false],
  ] as const satisfies [RunOutcome, boolean][])("of a run that is %s is due: %s", (outcome, due) => {
    expect(isHeartbeatDue({ outcome })).toBe(due);
    expect(isHeartbeatDue({ outcome, dryRun: true })).toBe(false);
  });

  it("is a POST to the URL in the secret, which says how far replication is", async () => {
    const { url, received } = await startServer("https", 200);

    const { told, metrics } = await tellOf(HEARTBEAT, ` ${url}/ping/${CANARY}?a=b\n`);

    expect(received).toEqual([expect.objectContaining({ method: "POST", path: `/ping/${CANARY}?a=b` })]);
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      outcome: "clean",
      source: "primary",
      destination: "secondary",
      syncPoint: "2026-01-01T00:00:10.000Z",
      endedAt: "2026-01-01T00:01:00.000Z",
      copied: 2,
    });
    expect([told?.heartbeat, metrics]).toEqual(["told", { heartbeatFailures: 0 }]);
  });

  it.each([
    ["once more after what may pass", [503, 200], 2, "told"],
    ["twice at most", [503, 503, 200], 2, "answered 503"],
    ["once where the URL is not known", [404, 200], 1, "answered 404"],
    ["once where it leads elsewhere", [302, 200], 1, "answered 302, a redirect; redirects are not followed"],
  ])("is tried %s", async (_how, statuses, calls, outcome) => {
    const { url, received } = await startServer("https", ...statuses);

    const { told, metrics, pauses } = await tellOf(HEARTBEAT, `${url}/${CANARY}`);

    expect(received).toHaveLength(calls);
    expect(pauses).toHaveLength(calls - 1);
    expect(told?.heartbeat).toBe(outcome);
    expect(metrics).toEqual({ heartbeatFailures: outcome === "told" ? 0 : 1 });
  });

  it("waits no longer for a server that does not answer than the run has time", async () => {
    const { url, received } = await startServer("https", null);

    const { told } = await tellOf(HEARTBEAT, `${url}/${CANARY}`, { budgetMilliseconds: 300 });

    expect(received).toHaveLength(1);
    expect(told?.heartbeat).toBe("no time was left");
  });

  it("gives each call up after a while, and says so", async () => {
    const { url, received } = await startServer("https", null);

    const outcome = await callHeartbeat(report, {
      secretName: "url",
      readSecret: () => Promise.resolve(`${url}/${CANARY}`),
      clock: { sleep: () => Promise.resolve() },
      fetch: trusting,
      timeoutSeconds: 0.2,
    });

    expect([outcome, received.length]).toEqual(["no answer within 0.2 s", 2]);
  });

  it.each([
    ["an unencrypted URL", (url: string) => `${url.replace("https", "http")}/${CANARY}`],
    ["a URL with a password", (url: string) => `${url.replace("//", `//user:${CANARY}@`)}/`],
    ["no URL", () => CANARY],
    ["nothing", () => ""],
  ])("calls nobody where the secret holds %s", async (_what, secretOf) => {
    const { url, received } = await startServer("https", 200);

    const { told } = await tellOf(HEARTBEAT, secretOf(url));

    expect(received).toEqual([]);
    expect(told?.heartbeat).toBe('secret "url" cannot be read, or holds no https URL');
  });

  it("says nothing of where it called when nobody is there, or nobody who is trusted", async () => {
    const { url } = await startServer("https", 200);
    const plain: Fetch = (target, request) => undiciFetch(target, request);

    const untrusted = await tellOf(HEARTBEAT, `${url}/${CANARY}`, { fetch: plain });
    const gone = await tellOf(HEARTBEAT, `https://127.0.0.1:1/${CANARY}`);
    const denied = await tellOf({ heartbeatSecret: "denied" });

    expect(untrusted.told?.heartbeat).toBe("could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)");
    expect(gone.told?.heartbeat).toMatch(/^could not be reached/);
    expect(gone.told?.heartbeat).not.toContain("127.0.0.1");
    expect(denied.metrics).toEqual({ heartbeatFailures: 1 });
  });

  it("takes every success for one, and nothing else", () => {
    for (const status of [200, 202, 204]) expect(failureOf(status)).toBeUndefined();
    for (const status of [408, 429, 500, 503]) expect(failureOf(status)?.mayPass).toBe(true);
    for (const status of [301, 400, 401, 403, 410]) expect(failureOf(status)?.mayPass).toBe(false);
  });
});

interface OtlpBody {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: unknown };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly unit: string;
        readonly gauge: { readonly dataPoints: readonly { asDouble?: number; attributes: unknown }[] };
      }[];
    }[];
  }[];
}

const EXPORTED = Object.keys(runMetrics(report, 1024)).map((key) =>
  openMetricName(METRIC_NAMES[key as keyof typeof METRIC_NAMES]),
);

describe("figures sent elsewhere", () => {
  it("reach an OpenTelemetry collector as gauges", async () => {
    const { url, received } = await startServer("http", 200);

    expect(await sendBuiltOtlp(`${url}/otlp/`)).toBe("sent");

    const [request] = received;
    expect([request?.method, request?.path]).toEqual(["POST", "/otlp/v1/metrics"]);
    expect(request?.headers.authorization).toBe(`Bearer ${CANARY}`);
    const { resourceMetrics } = JSON.parse(request?.body ?? "") as OtlpBody;
    expect(resourceMetrics[0]?.resource.attributes).toEqual([
      { key: "service.name", value: { stringValue: "storage-failover" } },
    ]);
    const sent = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
    expect(sent.map(({ name }) => name).sort()).toEqual(EXPORTED.toSorted());
    const lag = sent.find(({ name }) => name === "storage_failover_lag_seconds");
    expect(lag).toMatchObject({
      unit: "s",
      gauge: {
        dataPoints: [{ asDouble: 50, attributes: [{ key: "bucket", value: { stringValue: "assets" } }] }],
      },
    });
  });

  it.each([
    [401, "the collector answered 401"],
    [307, "the collector answered 307"],
    [null, "the collector gave no answer that could be used"],
  ])("to which a collector answers %s are reported without a word of it", async (status, reason) => {
    const { url } = await startServer("http", status);

    expect(await sendBuiltOtlp(url)).toBe(`ExportError: ${reason}`);
  });

  it("reach a Pushgateway in its own format, and take the place of those of the run before", async () => {
    const { url, received } = await startServer("http", 200);

    const { told } = await tellOf({ pushgateway: { url, headersSecret: "headers" } });

    expect(told?.pushgateway).toBe("told");
    const [request] = received;
    expect([request?.method, request?.path]).toEqual(["PUT", "/metrics/job/storage_failover/bucket/assets"]);
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${CANARY}`,
      "content-type": expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    });
    const lines = request?.body.split("\n") ?? [];
    const samples = new Map(
      lines
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split(" ") as [string, string]),
    );
    expect([...samples.keys()].sort()).toEqual(EXPORTED.toSorted());
    expect(samples.get("storage_failover_lag_seconds")).toBe("50");
    expect(samples.get("storage_failover_copied_bytes")).toBe("4096");
    for (const name of EXPORTED) {
      expect(lines).toContain(`# TYPE ${name} gauge`);
      expect(lines.some((line) => line.startsWith(`# HELP ${name} `))).toBe(true);
    }
  });

  it.each([
    ["refused, and everything repeated", 401],
    ["redirected", 307],
  ])("that are %s are reported without a word of the answer", async (_what, status) => {
    const { url } = await startServer("http", status);

    const { told, metrics } = await tellOf({ pushgateway: { url, headersSecret: "headers" } });

    expect(told?.pushgateway).toBe(`the Pushgateway answered ${status}`);
    expect(metrics).toEqual({ exportFailures: 1 });
  });

  it("that reach nobody, or have no headers, do not fail the run either", async () => {
    const nobody = { url: "http://127.0.0.1:1" };

    const alone = await tellOf({ pushgateway: nobody });
    const secrets = await tellOf({
      otlp: { ...nobody, headersSecret: "url" },
      pushgateway: { ...nobody, headersSecret: "denied" },
    });

    expect(alone.told?.pushgateway).toBe("the Pushgateway gave no answer that could be used (ECONNREFUSED)");
    expect(alone.metrics).toEqual({ exportFailures: 1 });
    expect(secrets.told).toMatchObject({
      otlp: 'secret "url" holds no headers; expected {"Authorization": "…"}',
      pushgateway: 'secret "denied" cannot be read',
    });
  });

  it("are sent nowhere, and nothing more is logged, where nobody wants them", async () => {
    expect(await tellOf({})).toEqual({ pauses: [] });
  });

  it("are sent by the function that is deployed, after a run that had to stop too", async () => {
    const { url, received } = await startServer("http", 200);
    const built = await BuiltFunction.start({
      endpoints: { primary: "http://127.0.0.1:1", secondary: "http://127.0.0.1:1" },
      bucket: "b",
      environment: {
        [TELLING_VARIABLES.otlpEndpoint]: url,
        [TELLING_VARIABLES.pushgatewayUrl]: url,
        // Not even read: no heartbeat is due.
        [TELLING_VARIABLES.heartbeatSecret]: "url",
      },
    });
    ends.push(() => built.stop());

    const { report: swept, thrown } = await built.sweep();

    expect([swept.outcome, thrown]).toEqual(["stopped", expect.stringContaining("RunFailedError")]);
    expect(received.map((request) => `${request.method} ${request.path}`).sort()).toEqual([
      "POST /v1/metrics",
      "PUT /metrics/job/storage_failover/bucket/b",
    ]);
    for (const { body } of received) expect(body).toContain("storage_failover_failed_runs");
  });

  it("that reach nobody are told with the reason by the function that is deployed", async () => {
    const nobody = "http://127.0.0.1:1";
    const built = await BuiltFunction.start({
      endpoints: { primary: nobody, secondary: nobody },
      bucket: "b",
      environment: { [TELLING_VARIABLES.otlpEndpoint]: nobody, [TELLING_VARIABLES.pushgatewayUrl]: nobody },
    });
    ends.push(() => built.stop());

    await built.sweep();

    const told = built.printed.find((line) => line.startsWith('{"event":"told"'));
    expect(JSON.parse(told ?? "{}")).toMatchObject({
      otlp: "the collector gave no answer that could be used (ECONNREFUSED)",
      pushgateway: "the Pushgateway gave no answer that could be used (ECONNREFUSED)",
    });
  });

  it("go out beside the heartbeat after a clean pass of the function that is deployed, with what its secrets hold", async () => {
    const watch = await startServer("https", 200);
    const embedded = await startEmbeddedStores();
    const { stores } = embedded;
    const pairOf = ({ accessKeyId, secretAccessKey }: RunningStore) =>
      JSON.stringify({ accessKeyId, secretAccessKey });
    const secrets = await startSecrets({
      primary: pairOf(stores.primary),
      secondary: pairOf(stores.secondary),
      heartbeat: `${watch.url}/${CANARY}`,
      headers: `{"X-Token":"${CANARY}"}`,
    });
    const folder = await mkdtemp(path.join(tmpdir(), "authority-"));
    ends.push(
      () => embedded.stop(),
      () => rm(folder, { recursive: true }),
    );
    await writeFile(path.join(folder, "authority.pem"), tls.certificate);
    const addressOf = ({ host, port }: RunningStore) => `http://${host}:${port}`;
    const built = await BuiltFunction.start({
      endpoints: { primary: addressOf(stores.primary), secondary: addressOf(stores.secondary) },
      bucket: stores.primary.bucketName,
      environment: {
        NODE_EXTRA_CA_CERTS: path.join(folder, "authority.pem"),
        AWS_ENDPOINT_URL: secrets,
        [storeVariables("secondary").bucket]: stores.secondary.bucketName,
        [storeVariables("primary").credentialsSecret]: "primary",
        [storeVariables("secondary").credentialsSecret]: "secondary",
        [TELLING_VARIABLES.heartbeatSecret]: "heartbeat",
        [TELLING_VARIABLES.otlpEndpoint]: watch.url,
        [TELLING_VARIABLES.otlpHeadersSecret]: "headers",
      },
    });
    ends.push(() => built.stop());

    const { report: swept, thrown } = await built.sweep();

    expect([swept.outcome, swept.reason, thrown]).toEqual(["clean", undefined, undefined]);
    const paths = watch.received.map((request) => request.path);
    expect(new Set(paths)).toEqual(new Set([`/${CANARY}`, "/v1/metrics"]));
    expect(paths).toHaveLength(2);
    expect(watch.received.find((request) => request.path === "/v1/metrics")?.headers["x-token"]).toBe(CANARY);
    const told = built.printed.find((line) => line.startsWith('{"event":"told"'));
    expect(JSON.parse(told ?? "{}")).toMatchObject({
      heartbeat: "told",
      otlp: "told",
      HeartbeatFailures: 0,
      ExportFailures: 0,
    });
    expect(built.printed.join("")).not.toContain(CANARY);
  });
});
