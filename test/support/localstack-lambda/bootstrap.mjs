/** Runs one function for LocalStack: loads its handler, takes invocations on a port, and reports what came of them. */
import { createServer } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { env } = process;
const callback = env.LOCALSTACK_RUNTIME_ENDPOINT;
const timeoutMilliseconds = Number(env.AWS_LAMBDA_FUNCTION_TIMEOUT) * 1000;

async function report(route, body) {
  const response = await fetch(`${callback}/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? null),
  });
  await response.arrayBuffer();
}

async function loadHandler() {
  const [file, name] = env._HANDLER.split(".");
  const loaded = await import(pathToFileURL(path.join(env.LAMBDA_TASK_ROOT, `${file}.js`)).href);
  const handler = loaded[name] ?? loaded.default?.[name];
  if (typeof handler !== "function") throw new Error(`${env._HANDLER} is undefined or not exported`);
  return handler;
}

/** Names what was thrown as Lambda does: retry rules match on the class. */
function failureOf(error) {
  const { name = "Error", message = String(error), stack = "" } = error ?? {};
  return { errorType: name, errorMessage: message, stackTrace: stack.split("\n") };
}

async function run(handler, { "invoke-id": id, "invoked-function-arn": arn, payload }) {
  const deadline = performance.now() + timeoutMilliseconds;
  const printed = [];
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  process.stdout.write = (chunk) => printed.push(String(chunk)) > 0;
  let timer;
  const late = new Promise((_, reject) => {
    const error = Object.assign(new Error("Task timed out"), { name: "Sandbox.Timedout" });
    timer = setTimeout(reject, timeoutMilliseconds, error);
  });
  let outcome;
  try {
    const context = {
      awsRequestId: id,
      invokedFunctionArn: arn,
      functionName: env.AWS_LAMBDA_FUNCTION_NAME,
      getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
    };
    outcome = ["response", await Promise.race([handler(JSON.parse(payload), context), late])];
  } catch (error) {
    outcome = ["error", failureOf(error)];
  }
  clearTimeout(timer);
  process.stdout.write = write;
  await report(`invocations/${id}/logs`, { logs: printed.join("") });
  await report(`invocations/${id}/${outcome[0]}`, outcome[1]);
}

// LocalStack holds the other end; a process that outlived it would stay for ever.
process.stdin.on("end", () => process.exit()).resume();

try {
  const handler = await loadHandler();
  const invoke = async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end();
    await run(handler, JSON.parse(Buffer.concat(chunks).toString("utf8")));
  };
  const server = createServer((request, response) => void invoke(request, response));
  server.listen(
    Number(env.BOOTSTRAP_PORT),
    "127.0.0.1",
    () => void report(`status/${env.BOOTSTRAP_EXECUTOR}/ready`),
  );
} catch (error) {
  await report(`status/${env.BOOTSTRAP_EXECUTOR}/error`, failureOf(error));
  process.exit(1);
}
