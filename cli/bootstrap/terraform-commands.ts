import { join } from "node:path";
import type { ProgramCommand } from "./logged-program";
import type { Project } from "./project";
import type { SynthesizedStack } from "./synthesized-stacks";

/** Everything that is asked of Terraform, in one place: what `--dry-run` shows is what is run. */
export class TerraformCommands {
  constructor(
    /** Its name or path. */
    public readonly program: string,
    private readonly project: Project,
    /** Folder of the plugin mirror. */
    private readonly mirror: string,
  ) {}

  /** @param fromMirror - take providers from the mirror, and from nowhere else */
  public init(stack: SynthesizedStack, fromMirror: boolean): ProgramCommand {
    const source = fromMirror ? [`-plugin-dir=${this.mirror}`] : [];
    return this.in(stack, "init", "-input=false", "-no-color", ...source);
  }

  /** @param refresh - whether the providers are asked; without, the state is compared with what was synthesized */
  public plan(stack: SynthesizedStack, refresh: boolean): ProgramCommand {
    const words = ["-input=false", "-no-color", ...(refresh ? [] : ["-refresh=false"])];
    return this.in(stack, "plan", ...words, `-out=${this.planFile(stack)}`);
  }

  public show(stack: SynthesizedStack): ProgramCommand {
    return this.in(stack, "show", "-json", this.planFile(stack));
  }

  public apply(stack: SynthesizedStack): ProgramCommand {
    return this.in(stack, "apply", "-input=false", "-no-color", this.planFile(stack));
  }

  public mirrorProviders(stack: SynthesizedStack, platforms: readonly string[]): ProgramCommand {
    return this.in(stack, "providers", "mirror", ...platforms.map(platformOption), this.mirror);
  }

  /** The hashes of what is in the mirror, for every platform, go into the stack's lock file. */
  public lockProviders(stack: SynthesizedStack, platforms: readonly string[]): ProgramCommand {
    const words = [`-fs-mirror=${this.mirror}`, ...platforms.map(platformOption)];
    return this.in(stack, "providers", "lock", ...words);
  }

  /** Installs a stack's providers without its state; tells whether the mirror has all of them. */
  public tryMirror(stack: SynthesizedStack): ProgramCommand {
    return this.in(stack, "init", "-backend=false", "-input=false", "-no-color");
  }

  /** A saved plan holds every value of its resources, the secret ones too: it is removed once it was applied. */
  public planFile(stack: SynthesizedStack): string {
    return join(this.project.ownFolder, `bootstrap-${stack.deployedAs}.tfplan`);
  }

  private in(stack: SynthesizedStack, ...words: readonly string[]): ProgramCommand {
    const folder = join(this.project.outputFolder, stack.workingDirectory);
    return { file: this.program, words: [`-chdir=${folder}`, ...words] };
  }
}

function platformOption(platform: string): string {
  return `-platform=${platform}`;
}
