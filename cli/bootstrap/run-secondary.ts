import { awaitAnswer } from "./await-answer";
import { runStack } from "./run-stack";
import { originHost } from "./synthesized-stacks";
import type { RunStep } from "./walk-context";

/**
 * The standby's server. It sets itself up after Terraform is done: volume, packages, certificate. Strangers are
 * refused by it, so that any status tells what is to be known: it answers, under a certificate that is good.
 */
export const runSecondary: RunStep = async (context) => {
  const applied = await runStack(context, "secondary");
  const { surroundings, app, signal } = context;
  const host = originHost(app);
  if (host === undefined) return applied;
  await awaitAnswer(context, {
    what: `https://${host}`,
    look: () => surroundings.network.answer(new URL(`https://${host}/`), signal),
    remedy: `on the droplet: journalctl -u storage-failover-provision --no-pager | tail -50; then run this again`,
  });
  return { ...applied, result: `${applied.result}; https://${host} answers` };
};
