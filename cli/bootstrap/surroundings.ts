import { get, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";
import type { ReplicatorConfig } from "../../lambda/replicator/config";
import { type PairVault, secretsManagerVault } from "../enroll/pair-vault";
import { configuredStores } from "../stores/configured-stores";
import { WrongUseError } from "../wrong-use-error";

export interface HttpsAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a deployment is looked at through, once something of it stands. */
export interface Network {
  /**
   * Any status is an answer.
   *
   * @throws Error when there is none, or when the certificate is not good
   */
  answer(url: URL, signal: AbortSignal): Promise<HttpsAnswer>;
  /** The stores and the marker, as the replicator was told of them. */
  stores(outputFolder: string, stackPrefix: string): Promise<ReplicatorConfig>;
  /** @param region - of the secret; absent: as the environment says */
  vault(secretName: string, region: string | undefined): Promise<PairVault>;
}

/** What bootstrap depends on outside of its options. */
export interface Surroundings {
  /** As in `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Program and first words that run this command line again. */
  readonly self: readonly [program: string, ...words: string[]];
  readonly network: Network;
  /** Seconds between two looks at something that takes its time. @default 10 */
  readonly pollSeconds?: number;
}

const ANSWER_TIMEOUT_MILLISECONDS = 10_000;

/**
 * One GET, with the certificate verified.
 *
 * @param reached - how the host is reached, where it is not by its name
 */
export function httpsAnswer(
  url: URL,
  signal: AbortSignal,
  reached: RequestOptions = {},
): Promise<HttpsAnswer> {
  // A connection that is kept would keep an old address, or an old certificate.
  const options = { agent: false, signal, timeout: ANSWER_TIMEOUT_MILLISECONDS, ...reached };
  return new Promise((resolve, reject) => {
    const request = get(url, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
  });
}

const network: Network = {
  answer: (url, signal) => httpsAnswer(url, signal),
  stores: async (outputFolder, stackPrefix) => {
    const config = await configuredStores({ synthesized: outputFolder, stackPrefix, environment: {} });
    if (config === undefined) throw new WrongUseError(`${outputFolder} configures no stores`);
    return config;
  },
  vault: (secretName, region) => secretsManagerVault({ secretName, region, description: "" }),
};

/** Those of this process. */
export function processSurroundings(): Surroundings {
  const [, script = ""] = process.argv;
  return {
    environment: process.env,
    self: [process.execPath, ...process.execArgv, script],
    network,
  };
}
