import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, MetricReader, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { METRICS, type MetricKey, openMetricName } from "../../../contract/metrics";
import { ExportError, type ExportRequest } from "./export-target";
import { networkCode, propertyOf } from "./network-code";

/** The SDK's own readers export by a timer, and a function has none between two invocations. */
class ReaderOnDemand extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** In UCUM, which OpenTelemetry asks for. */
const UNITS = { Seconds: "s", Bytes: "By", Count: "1" } as const;

/**
 * Sends the run's figures to an OpenTelemetry collector: OTLP over HTTP, in JSON.
 *
 * All are gauges, of the last run: a counter would have to outlive the function's process.
 *
 * @throws ExportError
 */
export async function sendOtlp(request: ExportRequest): Promise<void> {
  const collected = await collect(request);
  const exporter = new OTLPMetricExporter({
    url: `${request.url.replace(/\/+$/, "")}/v1/metrics`,
    headers: { ...request.headers },
    timeoutMillis: request.timeoutMilliseconds,
    httpAgentOptions: { keepAlive: false },
  });
  try {
    const { error } = await new Promise<{ error?: Error }>((resolve) => exporter.export(collected, resolve));
    if (error !== undefined) throw new ExportError(reasonOf(error));
  } finally {
    await exporter.shutdown();
  }
}

async function collect({ metrics, bucket }: ExportRequest): Promise<ResourceMetrics> {
  const reader = new ReaderOnDemand();
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ "service.name": "storage-failover" }),
    readers: [reader],
  });
  const meter = provider.getMeter("storage-failover");
  for (const [key, value] of Object.entries(metrics)) {
    const { name, unit, help } = METRICS[key as MetricKey];
    meter
      .createGauge(openMetricName(name), { description: help, unit: UNITS[unit] })
      .record(value, { bucket });
  }
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return resourceMetrics;
}

/** In our words: a collector may repeat in its answer what it was sent, headers and all. */
function reasonOf(error: unknown): string {
  const status = propertyOf(error, "code");
  return typeof status === "number"
    ? `the collector answered ${status}`
    : `the collector gave no answer that could be used${networkCode(error)}`;
}
