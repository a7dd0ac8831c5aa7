import { startLambdaProcess } from "../../drill/lambda-process/lambda-process";

/** Run as a process that starts the function whose zip it is told, tells about it, and waits to be killed. */
process.once("message", (zipFile: string) => void start(zipFile));

async function start(zipFile: string): Promise<void> {
  const running = await startLambdaProcess({
    zipFile,
    handler: "handler.handler",
    environment: {},
    timeoutSeconds: 30,
    onLog: () => undefined,
  });
  const { folder } = (await running.invoke({ do: "surroundings" })) as { folder: string };
  process.send?.({ pid: running.pid, taskFolder: folder });
}
