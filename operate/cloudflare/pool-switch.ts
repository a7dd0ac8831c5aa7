import type { StoreName } from "../../contract/stores";
import type { EdgeFacts } from "../edge-facts";
import type { CloudflareApi } from "./cloudflare-api";
import { CloudflareRefusedError } from "./cloudflare-errors";

/** Switches a store's pool off and on, as a person does in the dashboard; nothing else of it is touched. */
export class PoolSwitch {
  constructor(
    private readonly api: CloudflareApi,
    private readonly facts: Pick<EdgeFacts, "accountId" | "pools">,
  ) {}

  /**
   * Asks for it also where it is so already, which shows that the token may, and reads it back.
   *
   * @throws CloudflareUnreachableError; CloudflareRefusedError, also when the pool is otherwise afterwards
   */
  public async setEnabled(store: StoreName, enabled: boolean, signal: AbortSignal): Promise<void> {
    const { accountId, pools } = this.facts;
    const { id, name } = pools[store];
    const path = `/accounts/${accountId}/load_balancers/pools/${id}` as const;
    await this.api.ask(
      `PATCH ${path}`,
      (client, options) => client.loadBalancers.pools.edit(id, { account_id: accountId, enabled }, options),
      signal,
    );
    const pool = await this.api.ask(
      `GET ${path}`,
      (client, options) => client.loadBalancers.pools.get(id, { account_id: accountId }, options),
      signal,
    );
    if (pool.name !== name || (pool.enabled ?? true) !== enabled) {
      throw new CloudflareRefusedError(
        `pool ${id}, read back, is ${pool.name ?? "without a name"} and ${pool.enabled === false ? "off" : "on"}; expected ${name} and ${enabled ? "on" : "off"}`,
        409,
      );
    }
  }
}
