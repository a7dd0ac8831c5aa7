import { prepareLocalStack } from "../../drill/local-cloud/localstack";
import { prepareMinio } from "../../drill/local-cloud/minio";

/** Run as a process: makes the servers named by its arguments ready to start; why not goes to the output, with status 3. */
async function prepare(products: readonly string[]): Promise<void> {
  const options = { onProgress: (message: string) => process.stderr.write(`${message}\n`) };
  try {
    for (const product of products) {
      await (product === "minio" ? prepareMinio(options) : prepareLocalStack(options));
    }
  } catch (error) {
    process.stdout.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 3;
  }
}

void prepare(process.argv.slice(2));
