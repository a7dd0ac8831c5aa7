import { createHash } from "node:crypto";
import { type Capability, no, YES } from "./capability";
import { answerTo, md5, type ProbeDesk } from "./probe-desk";

/** The least size of a part that is not the last one, on S3 and elsewhere. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS = [Buffer.alloc(PART_BYTES, "p"), Buffer.from("rest")] as const;

/** What happens to objects that are put in parts. */
export const MULTIPART_CAPABILITIES: readonly Capability[] = [
  {
    id: "multipart",
    title: "takes objects in parts, and reads them by part",
    need: "required",
    without: "large objects cannot be copied",
    try: async (desk) => {
      const key = desk.key("parts");
      const upload = await desk.upload("parts", PARTS);
      await desk.client.completeUpload(key, { ...upload, condition: { absent: true } });
      const first = await desk.client.head(key, { partNumber: 1 });
      if (first?.size !== PART_BYTES || first.partCount !== PARTS.length)
        return no("a part cannot be asked for by its number");
      return YES;
    },
  },
  {
    id: "multipart-etag",
    title: "ETag of an object in parts is the MD5 of its parts' MD5s",
    need: "exceptions",
    without: "equality of such objects is told by stamps only, and they are not copied into it",
    try: async (desk) => {
      const found = await desk.client.head(desk.key("parts"));
      if (found === undefined) return { result: "unknown", detail: "there is no object in parts" };
      return found.etag === etagOf(PARTS) ? YES : no("it is another digest");
    },
  },
  {
    id: "conditional-complete",
    title: "completes an upload only where nothing is, or over what was seen",
    need: "required",
    without: "a large copy could replace something newer than was looked at",
    try: async (desk) => {
      const { etag } = await desk.put("completed", "one");
      const over = await complete(desk, { absent: true });
      if (over !== "precondition-failed") return no(`If-None-Match: * over an object: ${over}`);
      const wrong = await complete(desk, { etag: md5("something else", "hex") });
      if (wrong !== "precondition-failed") return no(`If-Match with another ETag: ${wrong}`);
      const found = await desk.client.head(desk.key("completed"));
      if (found?.etag !== etag) return no("a refused completion replaced the object");
      const right = await complete(desk, { etag });
      return right === "done" ? YES : no(`If-Match with the right ETag: ${right}`);
    },
  },
];

async function complete(desk: ProbeDesk, condition: { absent: true } | { etag: string }) {
  const key = desk.key("completed");
  const upload = await desk.upload("completed", [Buffer.from("in one part")]);
  const answer = await answerTo(desk.client.completeUpload(key, { ...upload, condition }));
  if (answer !== "done") await desk.client.abortUpload(key, upload.uploadId);
  return answer;
}

function etagOf(parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash("md5").update(part).digest());
  return `${md5(Buffer.concat(digests), "hex")}-${parts.length}`;
}
