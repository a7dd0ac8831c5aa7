import type { StoreName } from "../../contract/stores";
import type { StoreDisk } from "./small-disk";

/** The bucket that a local store must offer once it has started. */
export interface LocalStoreSettings {
  readonly storeName: StoreName;
  readonly bucketName: string;
  readonly region: string;
  /** Anonymous `GET /<key>` with this Host header reads from the bucket. */
  readonly originHost: string;
  /** Folder that the store may fill; removed by `stop`. */
  readonly folder: string;
  /**
   * The store's data lie on a disk of so many MiB, in memory, which can be filled. For `embedded` and `minio`; MinIO
   * is then started as a program, never in a container. Where no such disk can be had, the embedded store's files are
   * limited instead, and MinIO does not start.
   *
   * @default - on the folder's own file system
   */
  readonly diskMebibytes?: number;
}

/** A store that runs on this machine, in a process of its own. Versioned bucket, anonymous GetObject and nothing else. */
export interface RunningStore {
  readonly storeName: StoreName;
  readonly product: "embedded" | "minio" | "localstack";
  readonly version: string;
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly bucketName: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether `kill` and `restart` keep the data. LocalStack's community edition holds it in memory only. */
  readonly survivesKill: boolean;
  /** Only with `diskMebibytes`. */
  readonly disk?: StoreDisk;
  /** SIGKILL: whatever was in flight is cut. */
  kill(): Promise<void>;
  /** Starts again on the same port with the same data. */
  restart(): Promise<void>;
  /** Ends the process and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}
