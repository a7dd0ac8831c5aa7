import { spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { cloudInit, type ProvisioningProps } from "../../../lib/secondary/provisioning";
import { programFile, type StandbyPrograms, systemPath } from "./programs";
import { type WrittenFile, writtenFiles } from "./written-files";

export const ORIGIN_HOST = "assets-standby.example.com";
export const BUCKET = "assets-standby";

/** The droplet's reserved address, as its metadata service says. */
export const OWN_ADDRESS = "203.0.113.10";

/** From here requests come as from the edge; all other addresses of this machine are strangers. */
export const EDGE_ADDRESS = "127.0.0.2";

/** Folders of a droplet that the provisioning writes to. */
const REMAPPED = [
  "/srv/standby",
  "/opt/storage-failover",
  "/etc/storage-failover",
  "/etc/systemd/system",
  "/run/storage-failover",
];

/** Hardly more than the least that XFS accepts; it takes no room until it is written to. */
const VOLUME_BYTES = 320 * 1024 * 1024;

/** Programs that act on the whole machine. */
const STAND_INS = [
  "apt-get",
  "blkid",
  "chown",
  "curl",
  "getent",
  "install",
  "mkfs.xfs",
  "mountpoint",
  "podman",
  "systemctl",
  "xfs_growfs",
];

export interface ThrowAwayRootOptions {
  readonly programs: StandbyPrograms;
  /** Port of 127.0.0.1 on which the object store listens. */
  readonly serverPort: number;
  /** @default - as on a droplet by default */
  readonly provisioning?: Partial<ProvisioningProps>;
  /** Whether the volume is really mounted, which takes root. @default false */
  readonly mounts?: boolean;
  /** The volume of another droplet, which is gone. @default - a new one, blank */
  readonly device?: string;
  /** Seconds for which the scripts wait for anything. @default 60 */
  readonly patienceSeconds?: number;
}

export interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly complaints: string;
}

/**
 * A droplet's file system below a temporary folder, with every file of the rendered cloud-init document at its path there.
 * Paths, the server's port and the length of pauses are put in their place in the text; all else is as on a droplet.
 */
export class ThrowAwayRoot {
  public readonly folder: string;
  /** The file that stands for the volume. */
  public readonly device: string;
  public readonly mountPath: string;
  /** The droplet's user data. */
  public readonly document: string;
  /** As the droplet would see them, by their path there. */
  public readonly files: ReadonlyMap<string, WrittenFile>;
  private readonly options: ThrowAwayRootOptions;
  private readonly callsFile: string;

  constructor(options: ThrowAwayRootOptions) {
    this.options = options;
    this.folder = mkdtempSync(path.join(tmpdir(), "standby-"));
    this.device = options.device ?? path.join(this.folder, "volume");
    this.mountPath = this.at("/srv/standby");
    this.callsFile = path.join(this.folder, "calls");
    writeFileSync(this.callsFile, "");
    this.nameLeadsTo(OWN_ADDRESS);
    if (options.device === undefined) {
      writeFileSync(this.device, "");
      truncateSync(this.device, VOLUME_BYTES);
    }
    this.document = cloudInit({
      bucketName: BUCKET,
      volumeName: BUCKET,
      originHost: ORIGIN_HOST,
      serverImage: "registry.example.com/server:1",
      readerRanges: [`${EDGE_ADDRESS}/32`],
      ...options.provisioning,
    });
    this.files = this.writeFiles();
    this.linkStandIns();
  }

  /** Where a path of the droplet is. */
  public at(dropletPath: string): string {
    return path.join(this.folder, dropletPath);
  }

  public read(dropletPath: string): string {
    return readFileSync(this.at(dropletPath), "utf8");
  }

  /** Calls of the programs that act on the whole machine, in order, each as it was written. */
  public calls(): string[] {
    return readFileSync(this.callsFile, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((call) => call.replaceAll(this.folder, ""));
  }

  /** Runs a script of `/opt/storage-failover` to its end. */
  public async run(script: string, words: readonly string[] = [], input = ""): Promise<Ended> {
    const child = spawn(this.at(`/opt/storage-failover/${script}`), words, { env: this.environment() });
    // A script that refuses its arguments does not read.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const [output, complaints, status] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once("close", resolve)),
    ]);
    return { status, output, complaints };
  }

  /** Gives the origin's name another address; at first it has the droplet's own. */
  public nameLeadsTo(address: string): void {
    writeFileSync(`${this.callsFile}.name`, address);
  }

  /** Unmounts the volume, as when the droplet is removed and the volume stays. Does nothing when it is not mounted. */
  public detach(): void {
    const unmount = programFile("umount");
    if (this.options.mounts && unmount !== undefined) {
      spawnSync(unmount, [this.mountPath]);
    } else {
      rmSync(this.mountPath, { force: true });
    }
  }

  public remove(): void {
    this.detach();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** For programs that run its scripts in another way. */
  public environment(): Record<string, string> {
    return {
      PATH: `${path.join(this.folder, "stand-ins")}:${systemPath()}`,
      HOME: this.folder,
      // In the server's container, mc gets its user from the same file as the server.
      MC: `${path.join(__dirname, "mc-in-container.sh")} ${this.at("/srv/standby/root-credentials.env")} ${this.options.programs.mc}`,
      MC_CONFIG_DIR: path.join(this.folder, "mc"),
      FILES: this.at("/etc/storage-failover/bucket"),
      STAND_IN_CALLS: this.callsFile,
      STAND_IN_PATH: systemPath(),
      STAND_IN_MOUNT: this.mountPath,
      STAND_IN_DEVICE: this.device,
      STAND_IN_OWN_ADDRESS: OWN_ADDRESS,
      STAND_IN_REAL_MOUNT: this.options.mounts ? "yes" : "no",
    };
  }

  private writeFiles(): ReadonlyMap<string, WrittenFile> {
    const files = writtenFiles(this.document);
    for (const [dropletPath, { content, mode }] of files) {
      const file = this.at(dropletPath);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, this.remapped(content), { mode });
    }
    return files;
  }

  private remapped(content: string): string {
    const paths = REMAPPED.reduce((result, from) => result.replaceAll(from, () => this.at(from)), content);
    return paths
      .replaceAll(/\/dev\/disk\/by-id\/\S+/g, () => this.device)
      .replaceAll("127.0.0.1:9000", `127.0.0.1:${this.options.serverPort}`)
      .replaceAll('test -b "$device"', 'test -e "$device"')
      .replaceAll(/^( +)sleep 5$/gm, "$1sleep 0.1")
      .replaceAll("wait_for 600 ", `wait_for ${this.options.patienceSeconds ?? 60} `);
  }

  private linkStandIns(): void {
    const folder = path.join(this.folder, "stand-ins");
    mkdirSync(folder);
    for (const name of STAND_INS) {
      symlinkSync(path.join(__dirname, "stand-in.sh"), path.join(folder, name));
    }
    // Named when the provisioning looks whether anything must be installed; started by who runs the server.
    symlinkSync(this.options.programs.caddy, path.join(folder, "caddy"));
  }
}
