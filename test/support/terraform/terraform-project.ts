import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Terraform merges files of this ending into what they override. */
export const OVERRIDE_FILE = "local_override.tf.json";

/** What a plan would do, by Terraform's address: `aws_s3_bucket.store_bucket_1A2B`. */
export interface PlannedChange {
  readonly address: string;
  /** As in `["create"]`, `["update"]`, `["delete", "create"]`. */
  readonly actions: readonly string[];
  /** Arguments that an update changes. */
  readonly changed: readonly string[];
}

interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Readonly<Record<string, unknown>> | null;
      readonly after: Readonly<Record<string, unknown>> | null;
    };
  }[];
}

/** Terraform in the folder of one synthesized stack. */
export class TerraformProject {
  constructor(
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Arguments for the stack's providers, beside what was synthesized: an endpoint on this machine. */
  public override(configuration: Readonly<Record<string, unknown>>): void {
    writeFileSync(path.join(this.folder, OVERRIDE_FILE), JSON.stringify(configuration));
  }

  public async init(): Promise<void> {
    await this.terraform("init", "-input=false");
  }

  /** @throws Error with Terraform's words when the stack is not valid */
  public async validate(): Promise<void> {
    await this.terraform("validate");
  }

  public async apply(): Promise<void> {
    await this.terraform("apply", "-input=false", "-auto-approve");
  }

  public async destroy(): Promise<void> {
    await this.terraform("destroy", "-input=false", "-auto-approve");
  }

  /** Everything that an apply would change now, outputs aside. */
  public async plan(): Promise<readonly PlannedChange[]> {
    await this.terraform("plan", "-input=false", "-out=planned");
    const { resource_changes: changes = [] }: PlanJson = JSON.parse(
      await this.terraform("show", "-json", "planned"),
    );
    return changes
      .filter(({ change }) => change.actions.some((action) => action !== "no-op" && action !== "read"))
      .map(({ address, change: { actions, before, after } }) => ({
        address,
        actions,
        changed: Object.keys(after ?? {})
          .filter((key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]))
          .sort(),
      }));
  }

  private async terraform(...words: string[]): Promise<string> {
    const noColor = words[0] === "show" ? [] : ["-no-color"];
    try {
      const { stdout } = await run("terraform", [words[0] ?? "", ...noColor, ...words.slice(1)], {
        cwd: this.folder,
        maxBuffer: 256 * 1024 * 1024,
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          CHECKPOINT_DISABLE: "1",
          TF_IN_AUTOMATION: "1",
          ...this.environment,
        },
      });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string };
      throw new Error(`terraform ${words.join(" ")} failed in ${this.folder}:\n${stdout}${stderr}`);
    }
  }
}
