import { Gauge, Pushgateway, Registry } from "prom-client";
import { METRICS, METRICS_DIMENSION, type MetricKey, openMetricName } from "../../../contract/metrics";
import { ExportError, type ExportRequest } from "./export-target";
import { networkCode, propertyOf } from "./network-code";

/** The group's name; the bucket is its label, so that several pairs of stores stay apart. */
const JOB = "storage_failover";

/**
 * Pushes the run's figures to a Prometheus Pushgateway, in place of those of the run before: a figure that this run does
 * not know is gone, and not the one of yesterday.
 *
 * @throws ExportError
 */
export async function pushMetrics(request: ExportRequest): Promise<void> {
  const { url, headers, metrics, bucket, timeoutMilliseconds } = request;
  const registry = new Registry();
  for (const [key, value] of Object.entries(metrics)) {
    const { name, help } = METRICS[key as MetricKey];
    new Gauge({ name: openMetricName(name), help, registers: [registry] }).set(value);
  }
  const options = {
    headers: { ...headers, "Content-Type": registry.contentType },
    timeout: timeoutMilliseconds,
    agent: false as const,
  };
  const gateway = new Pushgateway(url.replace(/\/+$/, ""), options, registry);
  const groupings = { [METRICS_DIMENSION.toLowerCase()]: bucket };
  const status = await gateway.push({ jobName: JOB, groupings }).then(statusOf, (error: unknown) => {
    throw new ExportError(reasonOf(error));
  });
  // The library takes a redirect for success, and follows none.
  if (!(status >= 200 && status <= 299)) throw new ExportError(`the Pushgateway answered ${status}`);
}

function statusOf(answer: object): number {
  return Number(propertyOf(propertyOf(answer, "resp"), "statusCode"));
}

/** In our words: the library's message repeats the whole answer. */
function reasonOf(error: unknown): string {
  const status = /^push failed with status (\d{3}),/.exec(String(propertyOf(error, "message")))?.[1];
  return status === undefined
    ? `the Pushgateway gave no answer that could be used${networkCode(error)}`
    : `the Pushgateway answered ${status}`;
}
