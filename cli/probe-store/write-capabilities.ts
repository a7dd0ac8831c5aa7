import { isDeepStrictEqual } from "node:util";
import type { ObjectHeaders } from "../../lambda/s3/object-client";
import { type Capability, no, YES } from "./capability";
import { answerTo, md5 } from "./probe-desk";

const OTHER_ETAG = md5("something else", "hex");

/** Everything that travels with a copy. */
const ALL_HEADERS: ObjectHeaders = {
  contentType: "text/x-probe; charset=utf-8",
  cacheControl: "max-age=60",
  contentDisposition: 'attachment; filename="probe.txt"',
  contentEncoding: "identity",
  contentLanguage: "de, en",
  expires: "Sun, 06 Nov 2039 08:49:37 GMT",
  metadata: { "probe-name": "a value, with spaces" },
};

/** What happens to single objects that are written and read. */
export const WRITE_CAPABILITIES: readonly Capability[] = [
  {
    id: "conditional-create",
    title: "writes only where nothing is (If-None-Match: *)",
    need: "required",
    without: "two writers could overwrite each other unseen",
    try: async (desk) => {
      const first = await answerTo(desk.put("created", "one"));
      if (first !== "done") return no(`a conditional write to a free key: ${first}`);
      const second = await answerTo(desk.put("created", "two"));
      return second === "precondition-failed" ? YES : no(`a second one over it: ${second}`);
    },
  },
  {
    id: "conditional-replace",
    title: "writes only over what was seen (If-Match)",
    need: "required",
    without: "a write could replace something newer than was looked at",
    try: async (desk) => {
      const { etag } = await desk.put("replaced", "one");
      const wrong = await answerTo(desk.put("replaced", "two", { condition: { etag: OTHER_ETAG } }));
      if (wrong !== "precondition-failed") return no(`with another ETag: ${wrong}`);
      const right = await answerTo(desk.put("replaced", "two", { condition: { etag } }));
      return right === "done" ? YES : no(`with the right ETag: ${right}`);
    },
  },
  {
    id: "content-md5",
    title: "refuses a body that does not match Content-MD5",
    need: "exceptions",
    without: "a body that was damaged on its way is noticed by its ETag, after it was written",
    try: async (desk) => {
      const answer = await answerTo(desk.put("md5", "one", { contentMd5: md5("two", "base64") }));
      return answer === "done" ? no("it was accepted") : YES;
    },
  },
  {
    id: "etag-is-md5",
    title: "ETag is the MD5 of what was put at once",
    need: "exceptions",
    without:
      "the store encrypts or compresses on its own; equality is told by stamps, and objects in parts are not copied",
    try: async (desk) => {
      const { etag } = await desk.put("etag", "one");
      return etag === md5("one", "hex") ? YES : no("it is another digest");
    },
  },
  {
    id: "headers",
    title: "keeps headers and user metadata",
    need: "required",
    without: "replicas would lose what readers rely on, and their stamps",
    try: async (desk) => {
      await desk.put("headers", "one", { headers: ALL_HEADERS });
      const found = (await desk.client.head(desk.key("headers")))?.headers;
      const fields = Object.keys(ALL_HEADERS) as (keyof ObjectHeaders)[];
      const lost = fields.filter((field) => !isDeepStrictEqual(found?.[field], ALL_HEADERS[field]));
      return lost.length === 0 ? YES : no(`not as they were put: ${lost.join(", ")}`);
    },
  },
  {
    id: "tags",
    title: "keeps tags, and lets them be replaced",
    need: "exceptions",
    without: "objects with tags are reported, and not copied",
    try: async (desk) => {
      const key = desk.key("tagged");
      await desk.put("tagged", "one", { tags: { probe: "one" } });
      if (!isDeepStrictEqual({ ...(await desk.client.tags(key)) }, { probe: "one" }))
        return no("those of a write are lost");
      await desk.client.putTags(key, { probe: "two" });
      const replaced = { ...(await desk.client.tags(key)) };
      return isDeepStrictEqual(replaced, { probe: "two" }) ? YES : no("they cannot be replaced");
    },
  },
  {
    id: "tag-count",
    title: "tells with an object how many tags it has",
    need: "exceptions",
    without: "tags are asked for with every copy: one request more for each",
    try: async (desk) => {
      const condition = await present(desk.client.head(desk.key("tagged")));
      await desk.put("tagged", "one", { tags: { probe: "one" }, condition });
      const { tagCount, body, buffered } = await desk.client.get(desk.key("tagged"), { bufferUpTo: 1000 });
      if (buffered === undefined) body.destroy();
      return tagCount === 1 ? YES : no(`it says ${tagCount} of 1`);
    },
  },
  {
    id: "conditional-read",
    title: "reads only what was seen (If-Match)",
    need: "exceptions",
    without: "without versions, an object that changes while it is read is tried again later",
    try: async (desk) => {
      await desk.put("read", "one");
      const read = desk.client.get(desk.key("read"), { ifMatch: OTHER_ETAG, bufferUpTo: 1000 });
      const answer = await answerTo(read);
      return answer === "precondition-failed" ? YES : no(`with another ETag: ${answer}`);
    },
  },
];

async function present(head: Promise<{ readonly etag: string } | undefined>) {
  const found = await head;
  return found === undefined ? ({ absent: true } as const) : { etag: found.etag };
}
