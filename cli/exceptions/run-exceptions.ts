import { isReservedKey } from "../../contract/state-keys";
import { amount, grouped } from "../../drill/report/wording";
import { inParallel } from "../../drill/workload/in-parallel";
import { systemClock } from "../../lambda/replicator/clock";
import type { ExceptionKind, KeyException } from "../../lambda/replicator/report";
import type { Stores } from "../../lambda/replicator/settle-key";
import { handStores } from "../../lambda/replicator/sync-by-hand";
import type { ExceptionArguments } from "../commands/conflicts";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { LiveProgress } from "../progress/live-progress";
import { RefusedError } from "../refused-error";
import { runCommand } from "../run-command";
import { impliedDirection } from "../stores/implied-direction";
import { type OpenedStores, openStores } from "../stores/open-stores";
import { openRequest } from "../stores/store-arguments";
import { permissionToWrite } from "../stores/write-permission";
import { WrongUseError } from "../wrong-use-error";
import { exceptionsText, resolvedText } from "./exceptions-text";
import { findExceptions } from "./find-exceptions";
import { lookAtException, type OpenException } from "./open-exception";
import { isDeletion, type Resolution, type Resolved, resolveKey, writtenSide } from "./resolve-key";

export interface ExceptionsCommand {
  /** As it is called. */
  readonly command: "conflicts" | "strays";
  readonly kinds: readonly ExceptionKind[];
  readonly given: ExceptionArguments;
  /** What to do about them, if anything. */
  readonly resolution?: Resolution;
  /** The options that say it. */
  readonly resolutionOptions: string;
  /** That one of them which writes into the source. */
  readonly sourceOption: string;
}

/** Keys that are looked at, or resolved, at one time. */
const AT_ONCE = 16;

/** `storage-failover conflicts` and `… strays`: sets the exit code, never rejects. */
export function runExceptions(command: ExceptionsCommand): Promise<void> {
  return runCommand({
    task: (signal) => examine(command, signal),
    stopping: "stopping; what is under way is finished first (Ctrl-C again: leave at once) …",
    verbose: command.given.verbose,
  });
}

async function examine(command: ExceptionsCommand, signal: AbortSignal): Promise<number> {
  const { given } = command;
  checkResolution(command);
  const stores = await openStores(openRequest(await impliedDirection(given, process.env), process.env));
  try {
    return await new ExceptionsRun(command, stores, signal).run();
  } finally {
    stores.close();
  }
}

/** @throws WrongUseError */
function checkResolution({ given, resolution, resolutionOptions }: ExceptionsCommand): void {
  const { resolve, all } = given;
  if (resolve !== undefined && all) throw new WrongUseError("--resolve and --all exclude each other");
  if (resolve !== undefined && isReservedKey(resolve)) {
    throw new WrongUseError(`--resolve "${resolve}": replication's own keys are not resolved`);
  }
  const wanted = resolve !== undefined || all === true;
  if (wanted && resolution === undefined) {
    throw new WrongUseError(`${all ? "--all" : "--resolve"} needs ${resolutionOptions}`);
  }
  if (!wanted && resolution !== undefined) {
    throw new WrongUseError(`${resolutionOptions} needs --resolve <key> or --all`);
  }
}

class ExceptionsRun {
  constructor(
    private readonly command: ExceptionsCommand,
    private readonly opened: OpenedStores,
    private readonly signal: AbortSignal,
  ) {}

  public run(): Promise<number> {
    const { given, resolution } = this.command;
    if (resolution === undefined) return this.show();
    return given.resolve === undefined
      ? this.resolveAll(resolution)
      : this.resolveOne(given.resolve, resolution);
  }

  private async show(): Promise<number> {
    const { stores, found } = await this.find();
    const exceptions = await this.lookAt(found.exceptions, stores);
    const { unjudged } = found;
    this.print({ exceptions, unjudged }, () => this.overview(exceptions, unjudged));
    if (unjudged.length > 0) return EXIT.unreachable;
    return exceptions.length > 0 ? EXIT.wanting : EXIT.done;
  }

  private async resolveOne(key: string, resolution: Resolution): Promise<number> {
    const stores = await this.writable(resolution);
    return this.finish([await resolveKey(key, resolution, stores)]);
  }

  private async resolveAll(resolution: Resolution): Promise<number> {
    const { given, command } = this.command;
    const stores = await this.writable(resolution);
    const { exceptions } = (await this.find()).found;
    const side = writtenSide(resolution);
    if (given.yes !== true && exceptions.length > 0) {
      throw new RefusedError(`${command} --all`, [
        {
          reason: `${whatWouldBeDone(exceptions, resolution)} on the ${side}, ${this.opened[side].label}`,
          remedy: `to see them: storage-failover ${command}; to do it: --yes`,
        },
      ]);
    }
    const resolved = new Map<string, Resolved>();
    await inParallel(exceptions, AT_ONCE, async ({ key }) => {
      if (this.signal.aborted) return;
      resolved.set(key, await resolveKey(key, resolution, stores));
    });
    return this.finish([...exceptions].flatMap(({ key }) => resolved.get(key) ?? []));
  }

  private finish(resolved: readonly Resolved[]): number {
    this.print({ resolved }, () => resolvedText(resolved) || ` no ${this.command.command}`);
    if (this.signal.aborted) return EXIT.interrupted;
    return resolved.every(({ outcome }) => outcome === "resolved") ? EXIT.done : EXIT.wanting;
  }

  /** @throws RefusedError with every reason not to write */
  private async writable(resolution: Resolution): Promise<Stores> {
    const { given, command } = this.command;
    const side = writtenSide(resolution);
    const into = this.opened[side];
    const intoActive = given.intoActive === true;
    if (side === "source" && !intoActive) {
      throw new RefusedError(`${command} ${this.command.sourceOption} into ${into.label}`, [
        {
          reason: "it is the source, which writers use",
          remedy: "to write into it all the same: --into-active",
        },
      ]);
    }
    const confirm = await permissionToWrite({
      into,
      doing: command,
      config: this.opened.config,
      intoActive,
      clock: systemClock,
    });
    const { stores } = await this.stores(false, confirm);
    // What writes over an object is refused for each key alone: where there is none, nothing can be lost.
    if (resolution !== "delete" || stores.versioned[side]) return stores;
    throw new RefusedError(`${command} into ${into.label}`, [
      {
        reason: "the bucket keeps no versions, so what is there now would be lost",
        remedy: "enable versioning on the bucket",
      },
    ]);
  }

  private stores(dryRun: boolean, confirm?: () => Promise<void>) {
    const { source, destination } = this.opened;
    return handStores({
      source: source.client,
      destination: destination.client,
      sourceAddress: source.address,
      dryRun,
      confirm,
      clock: systemClock,
    });
  }

  private async find() {
    const { source } = this.opened;
    const { prefix } = this.command.given;
    const { stores, epoch } = await this.stores(true);
    let done = { keys: 0, bytes: 0 };
    let count = 0;
    const progress = new LiveProgress({
      stream: process.stderr,
      source: source.client,
      prefix,
      facts: () => [`${grouped(count)} found`],
    });
    try {
      const found = await findExceptions({
        stores,
        epoch,
        kinds: this.command.kinds,
        prefix,
        signal: this.signal,
        onSettled: (key, { outcome }, size) => {
          done = { keys: done.keys + 1, bytes: done.bytes + size };
          if (this.command.kinds.some((kind) => kind === outcome)) count += 1;
          progress.note(done, key);
        },
      });
      return { stores, found };
    } finally {
      progress.stop();
    }
  }

  private async lookAt(exceptions: readonly KeyException[], stores: Stores): Promise<OpenException[]> {
    const seen = new Map<string, OpenException>();
    await inParallel(exceptions, AT_ONCE, async (exception) => {
      if (this.signal.aborted) throw new InterruptedError("interrupted");
      seen.set(exception.key, await lookAtException(exception, stores));
    });
    return exceptions.flatMap(({ key }) => seen.get(key) ?? []);
  }

  private overview(exceptions: readonly OpenException[], unjudged: readonly KeyException[]): string {
    const { command, resolutionOptions, sourceOption } = this.command;
    const { source, destination } = this.opened;
    const lines = [
      `source       ${source.label}`,
      `destination  ${destination.label}`,
      "",
      ...(exceptions.length > 0 ? [exceptionsText(exceptions)] : []),
      exceptions.length === 0
        ? ` no ${command}`
        : ` ${amount(exceptions.length, "key")}; nothing was changed. To resolve one: --resolve <key> with ${resolutionOptions}\n ${sourceOption} writes into the source, so it needs --into-active too`,
      ...unjudged.slice(0, AT_ONCE).map(({ key, reason }) => ` could not be looked at: ${key}: ${reason}`),
    ];
    return lines.join("\n");
  }

  private print(facts: object, text: () => string): void {
    const { command, given } = this.command;
    const { source, destination } = this.opened;
    const where = { command, from: source.place, to: destination.place, prefix: given.prefix };
    const output = given.json ? JSON.stringify({ ...where, ...facts }, null, 2) : text();
    process.stdout.write(`${output}\n`);
  }
}

/** Deletions are told apart: nobody should confirm one unseen. */
function whatWouldBeDone(exceptions: readonly KeyException[], resolution: Resolution): string {
  const deleted = exceptions.filter(({ kind }) => isDeletion(resolution, kind)).length;
  const written = exceptions.length - deleted;
  return [
    ...(written > 0 ? [`${amount(written, "object")} would be written`] : []),
    ...(deleted > 0 ? [`${amount(deleted, "object")} would get a delete marker`] : []),
  ].join(" and ");
}
