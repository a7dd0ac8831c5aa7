import type { IncomingMessage } from "node:http";
import { ask, beginAnswer, requestOnward, tear, type Way } from "./forward";

/** The connection ends half way through the request's body; where it has none, half way through the answer's. */
export function cutExchange(way: Way): void {
  const length = Number(way.incoming.headers["content-length"] ?? 0);
  if (length > 0) cutRequest(way, length);
  else ask(way, (answer) => cutAnswer(way, answer));
}

function cutRequest(way: Way, length: number): void {
  const { incoming, outgoing } = way;
  const onward = requestOnward(way);
  let left = Math.floor(length / 2);
  incoming.on("data", (bytes: Buffer) => {
    const half = bytes.subarray(0, left);
    left -= half.length;
    onward.write(half, () => {
      if (left > 0) return;
      onward.destroy();
      tear(outgoing);
    });
  });
}

function cutAnswer({ outgoing }: Way, answer: IncomingMessage): void {
  let left = Math.floor(Number(answer.headers["content-length"] ?? 0) / 2);
  if (left === 0) {
    tear(outgoing);
    return;
  }
  beginAnswer(outgoing, answer, answer.rawHeaders);
  answer.on("data", (bytes: Buffer) => {
    const half = bytes.subarray(0, left);
    left -= half.length;
    if (half.length > 0) outgoing.write(half, () => left === 0 && tear(outgoing));
  });
  answer.on("end", () => tear(outgoing));
}
