import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type KeptProcess, keepProcess } from "../../../drill/local-cloud/kept-process";
import { logTail } from "../../../drill/local-cloud/log-tail";
import { freePort } from "../../../drill/machine/free-port";
import { type Certificate, selfSignedCertificate } from "../certificate";
import { type Answer, type OriginRequest, requestOrigin } from "./origin-requests";
import { type StandbyPrograms, systemPath } from "./programs";
import { type Ended, ORIGIN_HOST, ThrowAwayRoot, type ThrowAwayRootOptions } from "./throw-away-root";
import { environmentFile, proxyCommand, serverCommand } from "./unit-files";

const GRACE_SECONDS = 5;
const POLL_MILLISECONDS = 50;
const READY_MILLISECONDS = 60_000;

export type StandbyServerOptions = Omit<ThrowAwayRootOptions, "serverPort"> &
  Partial<Pick<ThrowAwayRootOptions, "serverPort">>;

/**
 * The secondary on this machine: its own provisioning script, run in a throw-away root, and the programs that the script
 * asks systemd for, with the command lines and environments of the rendered units. Only TLS differs: the certificate
 * is the test's own.
 */
export class StandbyServer {
  public readonly root: ThrowAwayRoot;
  public readonly certificate: Certificate = selfSignedCertificate([ORIGIN_HOST]);
  public readonly ports: { readonly server: number; readonly https: number; readonly http: number };
  private readonly programs: StandbyPrograms;
  private server?: KeptProcess;
  private proxy?: KeptProcess;

  /** Not started: that is what `boot` is for. */
  public static async prepare(options: StandbyServerOptions): Promise<StandbyServer> {
    const ports = {
      server: options.serverPort ?? (await freePort()),
      https: await freePort(),
      http: await freePort(),
    };
    return new StandbyServer(options, ports);
  }

  private constructor(options: StandbyServerOptions, ports: StandbyServer["ports"]) {
    this.programs = options.programs;
    this.ports = ports;
    this.root = new ThrowAwayRoot({ ...options, serverPort: ports.server });
    this.useOwnCertificate();
  }

  /** S3 API base URL, through the proxy. */
  public get endpoint(): string {
    return `https://127.0.0.1:${this.ports.https}`;
  }

  public get proxyLog(): string {
    return readFileSync(this.logFile("proxy"), "utf8");
  }

  /** What the server's own administrator is called, as its environment file says. */
  public get rootCredentials() {
    const { MINIO_ROOT_USER = "", MINIO_ROOT_PASSWORD = "" } = environmentFile(
      this.root.read("/srv/standby/root-credentials.env"),
    );
    return { accessKeyId: MINIO_ROOT_USER, secretAccessKey: MINIO_ROOT_PASSWORD };
  }

  /** Runs the provisioning, and what it asks systemd for. */
  public async boot(): Promise<Ended> {
    const before = this.root.calls().length;
    let over = false;
    const running = this.root.run("provision.sh").finally(() => {
      over = true;
    });
    const asked = (unit: string) =>
      this.root.calls().slice(before).includes(`systemctl enable --now ${unit}`);
    while (!over && !asked("minio.service")) await sleep(POLL_MILLISECONDS);
    if (asked("minio.service")) await this.startServer();
    const ended = await running;
    if (asked("caddy.service")) await this.startProxy();
    return ended;
  }

  /** As `boot`, for tests of what comes afterwards. @throws Error when the script fails */
  public async mustBoot(): Promise<void> {
    const { status, output, complaints } = await this.boot();
    if (status !== 0)
      throw new Error(
        `provisioning ended with ${status}:\n${output}${complaints}\n${logTail(this.logFile("server"))}`,
      );
  }

  /** Gives the proxy its secrets by the droplet's own script, and restarts it where the script asks for that. */
  public async setOriginSecrets(lines: string): Promise<Ended> {
    const before = this.root.calls().length;
    const ended = await this.root.run("origin-secrets.sh", ["set"], lines);
    if (this.root.calls().slice(before).includes("systemctl try-restart caddy.service")) {
      await this.proxy?.end(GRACE_SECONDS);
      this.proxy = undefined;
      await this.startProxy();
    }
    return ended;
  }

  /** One request through the proxy, as a reader or a stranger makes it. */
  public request(request: OriginRequest): Promise<Answer> {
    return requestOrigin(this.ports.https, this.certificate.certificate, request);
  }

  /** As when the droplet is switched off: the volume stays. */
  public async powerOff(): Promise<void> {
    const running = [this.proxy, this.server];
    this.proxy = undefined;
    this.server = undefined;
    for (const process of running) await process?.end(GRACE_SECONDS);
    this.root.detach();
  }

  /** Ends the server, and leaves the proxy without one. */
  public async killServer(): Promise<void> {
    await this.server?.kill();
    this.server = undefined;
  }

  public async stop(): Promise<void> {
    await this.powerOff();
    this.root.remove();
  }

  private async startServer(): Promise<void> {
    if (this.server !== undefined) return;
    const unit = this.root.read("/etc/systemd/system/minio.service");
    const { environment, words } = serverCommand(unit);
    const credentials = environmentFile(this.root.read("/srv/standby/root-credentials.env"));
    this.server = await keepProcess({
      file: this.programs.minio,
      arguments: words.map((word) => (word === "/data" ? path.join(this.root.mountPath, "objects") : word)),
      folder: this.root.folder,
      environment: { ...this.plainEnvironment(), ...credentials, ...environment, MINIO_UPDATE: "off" },
      logFile: this.logFile("server"),
    });
  }

  private async startProxy(): Promise<void> {
    if (this.proxy !== undefined) return;
    const unit = this.root.read("/etc/systemd/system/caddy.service.d/storage-failover.conf");
    const { environmentFiles, words } = proxyCommand(unit);
    const environment = environmentFiles.map((file) => environmentFile(readFileSync(file, "utf8")));
    this.proxy = await keepProcess({
      file: this.programs.caddy,
      arguments: words,
      folder: this.root.folder,
      environment: Object.assign({}, this.plainEnvironment(), ...environment),
      logFile: this.logFile("proxy"),
    });
    const deadline = performance.now() + READY_MILLISECONDS;
    while (!(await this.proxyAnswers())) {
      if (performance.now() > deadline) throw new Error(`the proxy does not answer:\n${this.proxyLog}`);
      await sleep(POLL_MILLISECONDS);
    }
  }

  private proxyAnswers(): Promise<boolean> {
    return this.request({ path: "/" }).then(
      () => true,
      () => false,
    );
  }

  /** Nothing of the user's own: a MINIO_ variable there would change what is tested. */
  private plainEnvironment(): Record<string, string> {
    return { PATH: systemPath(), HOME: this.root.folder };
  }

  private logFile(name: string): string {
    return path.join(this.root.folder, `${name}.log`);
  }

  /** Free ports, and a certificate that no authority has to be asked for; also for the address that clients use here. */
  private useOwnCertificate(): void {
    const files = { certificate: this.root.at("/certificate.pem"), key: this.root.at("/key.pem") };
    writeFileSync(files.certificate, this.certificate.certificate);
    writeFileSync(files.key, this.certificate.key, { mode: 0o600 });
    const caddyfile = this.root.at("/etc/storage-failover/Caddyfile");
    const { http, https } = this.ports;
    const changes: readonly [RegExp, string][] = [
      [/^\{\n/, `{\n\thttp_port ${http}\n\thttps_port ${https}\n\tdefault_bind 127.0.0.1\n`],
      [
        /\n(assets-standby\.example\.com) \{\n\ttls \{[^}]*\}\s*\}/,
        `\n$1, 127.0.0.1 {\n\ttls ${files.certificate} ${files.key}`,
      ],
    ];
    const changed = changes.reduce(
      (text, [pattern, replacement]) => {
        if (!pattern.test(text)) throw new Error(`the Caddyfile has no ${pattern}`);
        return text.replace(pattern, replacement);
      },
      readFileSync(caddyfile, "utf8"),
    );
    writeFileSync(caddyfile, changed);
  }
}
