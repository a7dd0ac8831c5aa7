import { DEFAULT_WATERMARK_MARGIN_SECONDS, type S3ClientName } from "../../../contract/environment";
import { systemClock } from "../../../lambda/replicator/clock";
import { run } from "../../../lambda/replicator/run";
import { openObjectClient } from "../../../lambda/s3/open-object-client";
import type { RatioAnswer, RatioQuestion } from "./messages";

/** Runs the same sweep on both clients in turn, and tells what each copied object cost in processor time. */
async function measure({ endpoint, objects: objectsOf, rounds }: RatioQuestion): Promise<RatioAnswer> {
  let runs = 0;
  const sweep = async (client: S3ClientName) => {
    const objects = objectsOf[client];
    runs += 1;
    const open = (bucket: string) =>
      openObjectClient(client, {
        endpoint,
        bucket,
        region: "us-east-1",
        addressStyle: "path",
        credentials: {
          current: async () => ({ accessKeyId: "anyone", secretAccessKey: "anything" }),
          afterRefusal: async () => undefined,
        },
      });
    // Stores of its own for each run, so that all there is to copy is absent.
    const clients = { primary: open(`source-${objects}-${runs}`), secondary: open(`destination-${runs}`) };
    const before = process.cpuUsage();
    const report = await run({
      clients,
      marker: { read: async () => ({ active: "primary", writesPaused: false }) },
      holdMilliseconds: 20_000,
      budgetMilliseconds: 600_000,
      by: "test",
      watermarkMarginMilliseconds: DEFAULT_WATERMARK_MARGIN_SECONDS * 1000,
      clock: systemClock,
      random: Math.random,
    });
    const { user, system } = process.cpuUsage(before);
    clients.primary.close();
    clients.secondary.close();
    if (report.copied !== objects) throw new Error(`${report.copied} of ${objects} copied: ${report.reason}`);
    return (user + system) / objects;
  };

  await sweep("thin");
  await sweep("sdk");
  const answer = { thin: [] as number[], sdk: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    answer.thin.push(await sweep("thin"));
    answer.sdk.push(await sweep("sdk"));
  }
  return answer;
}

// Its notice about Node versions of 2027 would stand in the middle of the tests' output.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

process.once("message", (question: RatioQuestion) => {
  measure(question).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit());
