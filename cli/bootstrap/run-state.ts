import { StateBucketAccess } from "./state-bucket";
import { bucketLabel, isOnR2, type StateBucket, stateBuckets } from "./state-place";
import { type RunStep, type StepResult, showing, type WalkContext } from "./walk-context";

const NO_VERSIONS = "R2 keeps no versions: whoever overwrites a state there has overwritten it";

/** The bucket, or buckets, in which Terraform keeps what it knows. */
export const runState: RunStep = async (context) => {
  const places = Object.values(context.app.stacks).map(({ state }) => state);
  const buckets = stateBuckets(places);
  if (buckets.length === 0) {
    const kinds = [...new Set(places.map(({ kind }) => KINDS[kind]))].join(", ");
    return { outcome: "already", result: `nothing to make: the state is kept ${kinds}` };
  }
  const results: StepResult[] = [];
  for (const bucket of buckets) results.push(await makeBucket(context, bucket));
  return {
    outcome: results.some(({ outcome }) => outcome === "done") ? "done" : "already",
    result: results.map(({ result }) => result).join("; "),
    details: results.flatMap(({ details }) => details ?? []),
  };
};

const KINDS = {
  bucket: "in a bucket",
  cloud: "in HCP Terraform",
  local: "in files beside the output",
  other: "by a backend that is not prepared here",
} as const;

async function makeBucket(context: WalkContext, place: StateBucket): Promise<StepResult> {
  const { signal } = context;
  const label = bucketLabel(place);
  const access = new StateBucketAccess(place);
  try {
    if ((await access.look(signal)) === "there") {
      return { outcome: "already", result: `${label} is there`, details: isOnR2(place) ? [NO_VERSIONS] : [] };
    }
    await context.confirm(`create the bucket ${label}`, "It is billed by what it holds: some kilobytes.");
    return await showing(context, `create ${place.bucket}`, async () => {
      const { versioned } = await access.create(signal);
      const details = isOnR2(place)
        ? [NO_VERSIONS]
        : versioned
          ? []
          : [`${label} keeps no versions: switch them on if the server can`];
      const result = `${label} was created${versioned ? ", with versions" : ""}`;
      return { value: { outcome: "done" as const, result, details }, result: "created" };
    });
  } finally {
    access.close();
  }
}
