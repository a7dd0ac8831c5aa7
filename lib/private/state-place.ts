import { checkAllKnownAtSynth } from "./known-at-synth";
import { invalid } from "./refusals";

/** What a backend's values look like; Terraform takes no reference there, and says what is wrong at `init` only. */
const SHAPES = {
  bucket: {
    shape: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    allowed: "3 to 63 lower-case letters, digits, dots and hyphens",
    example: "example-terraform-state",
  },
  keyPrefix: {
    shape: /^[\w!.*'()-]+(\/[\w!.*'()-]+)*$/,
    allowed: "letters, digits and !-_.*'(), joined by single slashes",
    example: "storage-failover",
  },
  region: { shape: /^[a-z0-9]+(-[a-z0-9]+)*$/, allowed: "a region's code", example: "eu-central-1" },
  profile: { shape: /^[^\s[\]]+$/, allowed: "a profile's name, without spaces", example: "r2-state" },
  endpoint: {
    // What is in the state travels there; loopback is for trying it.
    shape: /^(https:\/\/[\w.-]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\]))(:\d+)?\/?$/,
    allowed: "https, a host name, and a port where it is not 443; no bucket, path, user or query",
    example: "https://fra1.digitaloceanspaces.com",
  },
  folder: {
    shape: /^(?![A-Za-z]:|[/\\])./,
    allowed: "a relative folder, so that the output is the same on every machine",
    example: "../../..",
  },
  organization: { shape: /^[\w-]+$/, allowed: "letters, digits, - and _", example: "example-org" },
  workspacePrefix: {
    shape: /^[\w-]{1,60}$/,
    allowed: "up to 60 letters, digits, - and _",
    example: "assets",
  },
  hostname: {
    shape: /^([a-z0-9-]+\.)+[a-z0-9-]+(:\d+)?$/,
    allowed: "a host name, with a port where it is not 443",
    example: "app.terraform.io",
  },
} as const;

type StatePlace = Readonly<Partial<Record<keyof typeof SHAPES, string>>>;

/**
 * @param path what the names of props are added to, as in `StateBackend.r2`
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkStatePlace(props: StatePlace, path: string): void {
  checkAllKnownAtSynth(props, path);
  for (const prop of Object.keys(SHAPES) as (keyof typeof SHAPES)[]) {
    const value = props[prop];
    const { shape, allowed, example } = SHAPES[prop];
    if (value !== undefined && !shape.test(value)) {
      throw invalid({
        path: `${path}/${prop}`,
        what: "Terraform could not keep state there",
        value: value.replace(/\/\/.*@/, "//(hidden)@"),
        allowed,
        fix: `write it as in "${example}"`,
      });
    }
  }
}
