import { readFileSync } from "node:fs";

/**
 * Import this first: nothing else here is worth trying on a Node that is too old. It uses only what
 * every Node since 14 understands, so that the message is seen and not a syntax error.
 */

/** Whether `actual` ("v20.19.0") is at least `least` ("20.19"), number by number. */
function isAtLeast(actual, least) {
  const have = actual.replace(/^v/, "").split(".").map(Number);
  const want = least.split(".").map(Number);
  for (let place = 0; place < want.length; place += 1) {
    if ((have[place] || 0) !== want[place]) return (have[place] || 0) > want[place];
  }
  return true;
}

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const least = manifest.engines.node.replace(">=", "");

if (!isAtLeast(process.version, least)) {
  console.error(
    `Node ${process.version} is too old for ${manifest.name}: it needs ${least} or newer.\n` +
      "Install one from https://nodejs.org, or with a version manager (nvm install 22, fnm install 22), and run the same command again.",
  );
  process.exit(2);
}
