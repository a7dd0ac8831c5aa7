import { buffer } from "node:stream/consumers";
import { type Capability, no, YES } from "./capability";

/** What happens to what is replaced or deleted. */
export const VERSION_CAPABILITIES: readonly Capability[] = [
  {
    id: "versioning",
    title: "keeps older versions, and reads them by id",
    need: "deletions",
    without:
      "nothing is deleted, and only absent keys and replicas are written: what replication does could not be undone",
    try: async (desk) => {
      const status = await desk.client.versioning();
      if (status !== "enabled") return no(status === "off" ? "it is not switched on" : `it is ${status}`);
      const key = desk.key("versioned");
      const older = await desk.put("versioned", "one");
      const newer = await desk.put("versioned", "two", { condition: { etag: older.etag } });
      const stack = (await desk.client.versions(key)).map(({ versionId }) => versionId);
      if (stack[0] !== newer.versionId || stack[1] !== older.versionId)
        return no("versions are not listed, or not newest first");
      const content = await desk.client.get(key, { versionId: older.versionId, bufferUpTo: 1000 });
      const text = (content.buffered ?? (await buffer(content.body))).toString();
      return text === "one" ? YES : no("an older version reads as something else");
    },
  },
  {
    id: "delete-markers",
    title: "covers what is deleted with a delete marker that can be removed",
    need: "deletions",
    without: "deletions are reported, and not replicated",
    try: async (desk) => {
      if ((await desk.client.versioning()) !== "enabled") return no("there is no versioning");
      const key = desk.key("versioned");
      const before = await desk.client.head(key);
      if (before === undefined) return { result: "unknown", detail: "there is nothing to delete" };
      const { markerVersionId } = await desk.client.delete({ key });
      if (markerVersionId === undefined) return no("a delete does not tell of the marker that it placed");
      const [top] = await desk.client.versions(key);
      if (top?.isDeleteMarker !== true || top.versionId !== markerVersionId)
        return no("the marker is not listed above the versions");
      if ((await desk.client.head(key)) !== undefined) return no("what was deleted can still be read");
      await desk.client.delete({ key, versionId: markerVersionId });
      const after = await desk.client.head(key);
      return after !== undefined && after.versionId === before.versionId
        ? YES
        : no("a marker that is removed does not uncover the version below");
    },
  },
];
