import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { endOfOutput, type Invocation, type ProcessMessage, type ThrownError } from "./messages";

/**
 * Loads a function as Lambda's Node runtime does and answers invocations. Bundled into one file and started
 * by plain Node in a folder of its own: nothing of this repository is within its reach.
 */

type Handler = (event: unknown, context: object) => unknown;

const EXTENSIONS = [".js", ".mjs", ".cjs"];

class RuntimeError extends Error {
  public override readonly name: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.name = errorType;
  }
}

async function loadHandler(): Promise<Handler> {
  const specification = process.env._HANDLER ?? "";
  const folder = process.env.LAMBDA_TASK_ROOT ?? "";
  const dot = specification.lastIndexOf(".");
  const name = specification.slice(dot + 1);
  const file = EXTENSIONS.map((extension) => path.join(folder, specification.slice(0, dot) + extension)).find(
    existsSync,
  );
  if (file === undefined) {
    throw new RuntimeError(
      "Runtime.ImportModuleError",
      `Cannot find module '${specification.slice(0, dot)}'`,
    );
  }
  // CommonJS exports appear under `default` where Node cannot see their names.
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const handler = loaded[name] ?? (loaded.default as Record<string, unknown> | undefined)?.[name];
  if (typeof handler !== "function") {
    throw new RuntimeError("Runtime.HandlerNotFound", `${specification} is undefined or not exported`);
  }
  return handler as Handler;
}

function contextOf({ requestId, timeoutMilliseconds }: Invocation): object {
  const deadline = performance.now() + timeoutMilliseconds;
  const { env } = process;
  return {
    awsRequestId: requestId,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: `arn:aws:lambda:${env.AWS_REGION}:000000000000:function:${env.AWS_LAMBDA_FUNCTION_NAME}`,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  };
}

function thrown(error: unknown): ThrownError {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function tell(message: ProcessMessage): void {
  process.send?.(message);
}

async function answer(handler: Handler, invocation: Invocation): Promise<void> {
  const { requestId, event } = invocation;
  let outcome: ProcessMessage;
  try {
    const result: unknown = await handler(event, contextOf(invocation));
    // What cannot be written as JSON is the function's error, and undefined becomes null.
    outcome = { type: "returned", requestId, result: JSON.parse(JSON.stringify(result ?? null)) };
  } catch (error) {
    outcome = { type: "threw", requestId, error: thrown(error) };
  }
  process.stdout.write(`${endOfOutput(requestId)}\n`);
  process.stderr.write(`${endOfOutput(requestId)}\n`);
  tell(outcome);
}

async function start(): Promise<void> {
  try {
    const handler = await loadHandler();
    process.on("message", (invocation: Invocation) => void answer(handler, invocation));
    tell({ type: "ready" });
  } catch (error) {
    process.send?.({ type: "init-failed", error: thrown(error) } satisfies ProcessMessage, () =>
      process.exit(1),
    );
  }
}

process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
void start();
