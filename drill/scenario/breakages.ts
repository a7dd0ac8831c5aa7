import type { StoreName } from "../../contract/stores";
import type { FaultKind, FaultTarget } from "../evidence/fault-kinds";
import type { GatewayMode, StoreGateway } from "../gateway/store-gateway";
import { duration } from "../report/wording";
import { killStore, reviveStore } from "../stage/kill-store";
import type { Stage } from "../stage/stage";
import type { BreakableTarget } from "./fault-kinds";
import { gatewayMode } from "./gateway-mode-of";
import type { StepOf } from "./step-schema";

type Fault = StepOf<"fault">;

type Mend = () => Promise<void>;

/** A fault that this stage cannot inject. */
export class FaultNotPossibleError extends Error {
  public override readonly name = "FaultNotPossibleError";
}

/** What is broken now, and how it is mended. Every part is one event, since a cloud is several things. */
export class Breakages {
  private readonly mends = new Map<BreakableTarget, readonly { target: FaultTarget; mend: Mend }[]>();

  constructor(
    private readonly stage: Stage,
    private readonly cloudflareGateway: StoreGateway | undefined,
  ) {}

  /** @throws FaultNotPossibleError */
  public async break(fault: Fault): Promise<void> {
    await this.mend(fault.target);
    const begun: { target: FaultTarget; mend: Mend }[] = [];
    this.mends.set(fault.target, begun);
    for (const { target, kind } of partsOf(fault)) {
      const detail = detailOf(fault);
      const outage = this.outageOf(fault);
      this.stage.emit({
        type: "fault",
        at: this.stage.clock(),
        target,
        fault: kind,
        detail,
        minutes: fault.minutes,
        outage,
      });
      begun.push({ target, mend: await this.breakPart({ ...fault, target, kind }) });
    }
  }

  /** Does nothing for what is whole. */
  public async mend(target: BreakableTarget): Promise<void> {
    const parts = this.mends.get(target) ?? [];
    this.mends.delete(target);
    for (const part of parts) {
      await part.mend();
      this.stage.emit({ type: "fault", at: this.stage.clock(), target: part.target, fault: "none" });
    }
  }

  public async mendAll(): Promise<void> {
    for (const target of [...this.mends.keys()]) await this.mend(target);
  }

  private breakPart(fault: Omit<Fault, "target"> & { readonly target: FaultTarget }): Promise<Mend> {
    const { target, kind } = fault;
    switch (target) {
      case "primary":
      case "secondary":
        return this.breakStore(target, fault);
      case "secrets":
        return breakGateways([present(this.stage.services.secrets, target)], this.modeOf(fault), kind);
      case "cloudflare-api":
        return breakGateways([present(this.cloudflareGateway, target)], this.modeOf(fault), kind);
      case "resolvers":
        return this.breakResolvers(kind);
      case "function":
        return kind === "clock-skewed" ? this.skewFunction(fault.minutes ?? 0) : this.killFunction();
      case "probes":
        return this.breakProbes(fault.regions ?? []);
    }
  }

  private async breakStore(name: StoreName, fault: Omit<Fault, "target">): Promise<Mend> {
    const { stores } = this.stage;
    const ownWays: Partial<Record<FaultKind, () => Promise<Mend>>> = {
      killed: async () => {
        await killStore(stores, name);
        return () => reviveStore(stores, name);
      },
      "disk-full": async () => {
        const { disk } = stores.running[name];
        if (disk === undefined) throw new FaultNotPossibleError(`${name} has no disk that can be filled`);
        await disk.fill();
        return () => disk.makeRoom();
      },
      "tls-expired": async () => {
        const { showCertificate } = this.stage.paths;
        if (showCertificate === undefined) throw new FaultNotPossibleError(`${name} shows no certificate`);
        await showCertificate(name, "expired");
        return () => showCertificate(name, "valid");
      },
      "dns-lost": async () => {
        const { edge, plans } = this.stage;
        const pool = plans.primary.edge.defaultPools.find(({ origin }) => origin.name === name);
        const address = pool?.origin.address ?? "";
        await edge.removeAddress(address);
        return () => edge.restoreAddress(address);
      },
    };
    const way = ownWays[fault.kind];
    return way === undefined ? breakGateways([stores.gateways[name]], this.modeOf(fault), fault.kind) : way();
  }

  private async breakProbes(regions: readonly string[]): Promise<Mend> {
    const { byRegion } = this.stage.paths;
    return breakGateways(
      regions.flatMap((region) => present(byRegion[region], "probes")),
      { kind: "pass" },
      "unreachable",
    );
  }

  private async breakResolvers(kind: FaultKind): Promise<Mend> {
    const gateways = present(this.stage.services.resolvers, "resolvers");
    return kind === "disagreeing"
      ? breakGateways(gateways.slice(0, 1), { kind: "disagrees" }, kind)
      : breakGateways(gateways, { kind: "answers", status: 503 }, kind);
  }

  /** Without its process the schedule finds nobody to call, as when Lambda is down. */
  private async killFunction(): Promise<Mend> {
    const { replicator } = this.stage;
    const resume = replicator.takeAway();
    await this.stage.function.kill();
    return async () => resume();
  }

  private async skewFunction(minutes: number): Promise<Mend> {
    const { function: lambda } = this.stage;
    await lambda.skewClock(minutes);
    return () => lambda.skewClock(0);
  }

  private modeOf(fault: Omit<Fault, "target">): GatewayMode {
    return gatewayMode(fault, this.stage);
  }

  /** Monitors see a late answer only when it comes after their time-out; the event says which it is. */
  private outageOf({ target, kind, seconds }: Fault): "hanging" | null | undefined {
    if (kind !== "slow") return undefined;
    const pool = this.stage.plans.primary.edge.defaultPools.find(({ origin }) => origin.name === target);
    return pool !== undefined && (seconds ?? 0) > pool.monitor.timeoutSeconds ? "hanging" : null;
  }
}

/** A cloud that cannot be reached is everything of it. */
function partsOf({ target, kind }: Fault): readonly { target: FaultTarget; kind: Fault["kind"] }[] {
  if (target !== "aws") return [{ target, kind }];
  return [
    { target: "primary", kind: "unreachable" },
    { target: "secrets", kind: "unreachable" },
    { target: "function", kind: "killed" },
  ];
}

async function breakGateways(
  gateways: readonly StoreGateway[],
  mode: GatewayMode,
  kind: FaultKind,
): Promise<Mend> {
  if (kind === "unreachable") {
    await Promise.all(gateways.map((gateway) => gateway.vanish()));
    return async () => void (await Promise.all(gateways.map((gateway) => gateway.restart())));
  }
  await Promise.all(gateways.map((gateway) => gateway.become(mode)));
  return async () => void (await Promise.all(gateways.map((gateway) => gateway.pass())));
}

function present<T>(service: T | undefined, name: FaultTarget): T {
  if (service === undefined) throw new FaultNotPossibleError(`${name} has no gateway on this stage`);
  return service;
}

/** For people. */
function detailOf({ seconds, minutes, perSecond, atOnce, share, regions }: Fault): string | undefined {
  if (seconds !== undefined) return `answers ${duration(seconds)} late`;
  if (minutes !== undefined) return `${Math.abs(minutes)} min ${minutes < 0 ? "behind" : "ahead"}`;
  if (perSecond !== undefined) return `${perSecond} requests/s are let through`;
  if (atOnce !== undefined) return `${atOnce} requests at once are let through`;
  if (share !== undefined) return `${Math.round(share * 100)} % of the exchanges`;
  return regions?.join(", ");
}
