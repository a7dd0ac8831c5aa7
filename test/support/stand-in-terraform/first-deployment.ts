import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Network, Surroundings } from "../../../cli/bootstrap/surroundings";
import { httpsAnswer } from "../../../cli/bootstrap/surroundings";
import { configuredStores } from "../../../cli/stores/configured-stores";
import type { Marker } from "../../../contract/marker";
import { STACK_NAMES } from "../../../contract/stacks";
import { HEALTH_KEY, healthBody } from "../../../contract/state-keys";
import type { StoreName } from "../../../contract/stores";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { close, listen } from "../../../drill/machine/loopback-server";
import type { FailoverConfig } from "../../../failover.config";
import { StateBackend } from "../../../lib/state-backend";
import { synthesizeStacks } from "../../../stacks/synthesize";
import { configWithAsset } from "../../stacks/replicator-asset";
import { selfSignedCertificate } from "../certificate";
import { startEmbeddedStores } from "../embedded-stores";
import { startMarkerResolvers } from "../marker-resolvers";
import { runningStoreWriter } from "../store-writer";

const ORIGIN_HOST = "assets-standby.shop.test";
const PUBLIC_HOST = "assets.shop.test";
export const STATE_BUCKET = "shop-terraform-state";

/** A deployment's values without any placeholder, with its state in a bucket of this machine. */
export function shopConfig(folder: string, stateEndpoint: string): FailoverConfig {
  const base = configWithAsset(folder);
  return {
    ...base,
    hostname: PUBLIC_HOST,
    zoneName: "shop.test",
    zoneId: "0123456789abcdef0123456789abcdef",
    accountId: "fedcba9876543210fedcba9876543210",
    primary: { ...base.primary, bucketName: "shop-assets" },
    secondary: { ...base.secondary, originHost: ORIGIN_HOST, sshKeyIds: ["76543210"] },
    edge: { ...base.edge, notificationEmails: ["storage@shop.test"] },
    backend: StateBackend.s3({ bucket: STATE_BUCKET, region: "us-east-1", endpoint: stateEndpoint }),
  };
}

export interface Call {
  readonly stack: string;
  readonly command: string;
  readonly words?: readonly string[];
}

/** How the state's bucket answers before it was made. */
export type StateBucketManner = "missing" | "forbidden";

/**
 * Everything that a first deployment meets, on this machine: a project whose app was synthesized for real, a stand-in
 * of Terraform, stores that speak S3, HTTPS hosts, resolvers, and a secret that `enroll` fills.
 */
export class FirstDeployment {
  public readonly surroundings: Surroundings;
  public marker: Marker = { active: "primary", writesPaused: false };
  /** Whether the droplet and the public name answer. */
  public reachable = true;
  public stateBucket: StateBucketManner = "missing";
  public readonly project: string;
  private readonly home: string;
  private readonly synthesized: string;

  private constructor(
    private readonly folder: string,
    private readonly servers: Servers,
  ) {
    this.project = join(folder, "project");
    this.home = join(folder, "terraform");
    this.synthesized = join(folder, "synthesized");
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "ssh"), "#!/bin/sh\n");
    chmodSync(join(folder, "bin", "ssh"), 0o755);
    synthesizeStacks({
      activeProvider: "primary",
      config: shopConfig(folder, servers.stateEndpoint),
      outdir: join(folder, "pristine"),
    });
    this.reset();
    this.surroundings = {
      environment: this.environment(),
      self: [process.execPath, this.enrollScript()],
      network: this.network(),
      pollSeconds: 0.02,
    };
  }

  /** Nothing is deployed any more, nothing was ever done in the project, and all answer. */
  public reset(): void {
    for (const one of [this.project, this.home]) {
      rmSync(one, { recursive: true, force: true });
      mkdirSync(one);
    }
    rmSync(join(this.folder, "enroll.jsonl"), { force: true });
    rmSync(this.synthesized, { recursive: true, force: true });
    cpSync(join(this.folder, "pristine"), this.synthesized, { recursive: true });
    this.marker = { active: "primary", writesPaused: false };
    this.reachable = true;
    this.stateBucket = "missing";
    this.servers.forgetState();
    this.writeApp();
  }

  public static async start(): Promise<FirstDeployment> {
    const folder = mkdtempSync(join(tmpdir(), "first-deployment-"));
    const embedded = await startEmbeddedStores();
    const later: { deployment?: FirstDeployment } = {};
    const resolvers = await startMarkerResolvers(
      () => later.deployment?.marker ?? { active: "primary", writesPaused: false },
    );
    const certificate = selfSignedCertificate([ORIGIN_HOST, PUBLIC_HOST]);
    const hosts = createHttpsServer(
      { key: certificate.key, cert: certificate.certificate },
      (request, response) => {
        const isPublic = request.headers.host === PUBLIC_HOST && request.url === `/${HEALTH_KEY}`;
        response.writeHead(isPublic ? 200 : 403, { connection: "close" });
        response.end(isPublic ? healthBody("primary") : "");
      },
    );
    const state = stateBucketServer(() => later.deployment?.stateBucket ?? "missing");
    const [hostsPort, statePort] = await Promise.all([listen(hosts), listen(state.server)]);
    for (const name of ["primary", "secondary"] as const) {
      const writer = runningStoreWriter(embedded.stores[name]);
      await writer.write(HEALTH_KEY, healthBody(name));
      writer.close();
    }
    const deployment = new FirstDeployment(folder, {
      stores: embedded.stores,
      resolvers: resolvers.urls,
      hostsPort,
      authority: certificate.certificate,
      stateEndpoint: `http://127.0.0.1:${statePort}`,
      requests: state.requests,
      forgetState: state.forget,
      stop: async () => {
        await Promise.all([embedded.stop(), resolvers.stop(), close(hosts), close(state.server)]);
      },
    });
    later.deployment = deployment;
    return deployment;
  }

  /** Requests at the state's bucket, as in `HEAD /shop-terraform-state`. */
  public get stateRequests(): readonly string[] {
    return this.servers.requests;
  }

  /** What the stand-in was asked, in order. */
  public calls(command?: string): readonly Call[] {
    const text = readText(join(this.home, "calls.jsonl"));
    const calls = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Call => JSON.parse(line));
    return command === undefined ? calls : calls.filter((one) => one.command === command);
  }

  public forgetCalls(): void {
    rmSync(join(this.home, "calls.jsonl"), { force: true });
  }

  /** @param orders - as in `{ "apply primary": "fail" }` */
  public order(orders: Readonly<Record<string, string>>): void {
    writeFileSync(join(this.home, "orders.json"), JSON.stringify(orders));
  }

  /** Resources that the stand-in holds for the stack. */
  public deployed(stack: string): number {
    return JSON.parse(readText(join(this.home, `${stack}.state.json`)) || "[]").length;
  }

  /** How often `enroll` was called, and with what. */
  public enrollCalls(): readonly (readonly string[])[] {
    return readText(join(this.folder, "enroll.jsonl"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** Removes a resource from what the app synthesizes. */
  public dropFromApp(stack: string, type: string): void {
    const file = join(this.synthesized, "stacks", stack, "cdk.tf.json");
    const json = JSON.parse(readFileSync(file, "utf8"));
    delete json.resource[type];
    writeFileSync(file, JSON.stringify(json));
  }

  /** Has the app synthesize these sets of the four stacks, in the place of one without a prefix. */
  public setPrefixes(prefixes: readonly string[]): void {
    const stacks = join(this.synthesized, "stacks");
    for (const prefix of prefixes) {
      for (const name of STACK_NAMES) {
        cpSync(join(stacks, name), join(stacks, `${prefix}-${name}`), { recursive: true });
      }
    }
    for (const name of STACK_NAMES) rmSync(join(stacks, name), { recursive: true });
    const entries = prefixes.flatMap((prefix) =>
      STACK_NAMES.map((name) => [`${prefix}-${name}`, {}] as const),
    );
    const manifest = { version: "0.21.0", stacks: Object.fromEntries(entries) };
    writeFileSync(join(this.synthesized, "manifest.json"), JSON.stringify(manifest));
  }

  public environment(more: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
    const { primary } = this.servers.stores;
    return {
      PATH: `${join(this.folder, "bin")}:${process.env.PATH}`,
      TERRAFORM_BINARY_NAME: require.resolve("./terraform.mjs"),
      STAND_IN_TERRAFORM: this.home,
      DIGITALOCEAN_TOKEN: "stands for a token",
      CLOUDFLARE_API_TOKEN: "stands for a token",
      TF_VAR_unused: "for Terraform only",
      FROM_ACCESS_KEY_ID: primary.accessKeyId,
      FROM_SECRET_ACCESS_KEY: primary.secretAccessKey,
      ...more,
    };
  }

  public async stop(): Promise<void> {
    await this.servers.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The stacks were synthesized once, for real; the app hands them out, which takes no second each time. */
  private writeApp(): void {
    writeFileSync(
      join(this.project, "app.cjs"),
      `const { CDKTF_OUTDIR: to, CDKTF_CONTEXT_JSON: context, TF_VAR_unused: unwanted } = process.env;
       if (JSON.parse(context).activeProvider !== "primary" || unwanted) process.exit(1);
       require("node:fs").cpSync(${JSON.stringify(this.synthesized)}, to, { recursive: true });`,
    );
    writeFileSync(
      join(this.project, "cdktf.json"),
      JSON.stringify({ app: "node app.cjs", context: { activeProvider: "primary" } }),
    );
  }

  /** Stands for this command line: notes how it was called as `enroll`, and fills the secret. */
  private enrollScript(): string {
    const file = join(this.folder, "enroll.cjs");
    const log = JSON.stringify(join(this.folder, "enroll.jsonl"));
    writeFileSync(
      file,
      `require("node:fs").appendFileSync(${log}, JSON.stringify(process.argv.slice(2)) + "\\n");`,
    );
    return file;
  }

  private network(): Network {
    const { stores, resolvers, hostsPort, authority } = this.servers;
    return {
      answer: (url, signal) =>
        this.reachable
          ? httpsAnswer(url, signal, {
              hostname: "127.0.0.1",
              port: hostsPort,
              servername: url.hostname,
              headers: { host: url.hostname },
              ca: authority,
            })
          : Promise.reject(new Error("connect ECONNREFUSED")),
      stores: async (outputFolder, stackPrefix) => {
        const config = await configuredStores({ synthesized: outputFolder, stackPrefix, environment: {} });
        if (config === undefined) throw new Error("nothing is configured");
        const here = (name: StoreName) => ({
          ...config.stores[name],
          endpoint: `http://127.0.0.1:${stores[name].port}`,
          bucket: stores[name].bucketName,
          region: stores[name].region,
          addressStyle: "path" as const,
        });
        return { ...config, resolvers, stores: { primary: here("primary"), secondary: here("secondary") } };
      },
      vault: async () => ({
        read: async () => {
          const { accessKeyId, secretAccessKey } = stores.secondary;
          return this.enrollCalls().length > 0 ? { accessKeyId, secretAccessKey } : undefined;
        },
        write: () => Promise.reject(new Error("only enroll writes it")),
        close: () => {},
      }),
    };
  }
}

interface Servers {
  readonly stores: Readonly<Record<StoreName, RunningStore>>;
  readonly resolvers: readonly string[];
  readonly hostsPort: number;
  /** PEM. */
  readonly authority: string;
  readonly stateEndpoint: string;
  readonly requests: readonly string[];
  forgetState(): void;
  stop(): Promise<void>;
}

/** A server that has no bucket until it is told to make one, or whose bucket is somebody else's. */
function stateBucketServer(manner: () => StateBucketManner): {
  readonly server: Server;
  readonly requests: readonly string[];
  forget: () => void;
} {
  const requests: string[] = [];
  let exists = false;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.replace(/\/$/, "")}`);
    request.resume();
    const signed = request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") === true;
    const makes = request.method === "PUT";
    if (!signed || manner() === "forbidden") response.writeHead(403);
    else if (makes || exists) {
      exists = true;
      response.writeHead(200);
    } else response.writeHead(404);
    response.end();
  });
  const forget = () => {
    requests.length = 0;
    exists = false;
  };
  return { server, requests, forget };
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
