import { Token } from "cdktf";
import { invalid } from "./refusals";

const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/iu;

const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u;

const MOST_TAGS = 50;

/**
 * What every service takes; a tag that one of them refuses would end a deployment half way.
 * docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkAwsTags(tags: Readonly<Record<string, string>> | undefined, path: string): void {
  if (tags === undefined || Token.isUnresolved(tags)) {
    return;
  }
  const entries = Object.entries(tags);
  const wrong = entries.find(
    ([key, value]) => !(KEY.test(key) && (Token.isUnresolved(value) || VALUE.test(value))),
  );
  if (wrong === undefined && entries.length <= MOST_TAGS) {
    return;
  }
  throw invalid({
    path,
    what: wrong === undefined ? "AWS takes no more tags" : "AWS does not accept this tag",
    value: wrong === undefined ? entries.length : wrong.join("="),
    allowed: `up to ${MOST_TAGS} tags of letters, digits, spaces and _.:/=+@-, with keys of 1 to 128 characters that do not begin with aws:, and values up to 256`,
    fix: 'write them as in { team: "storage" }',
  });
}
