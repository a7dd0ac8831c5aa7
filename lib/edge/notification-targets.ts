import { Token } from "cdktf";
import { checkMailAddresses } from "../private/mail-addresses";
import { invalid } from "../private/refusals";
import { type CloudflarePlan, leastPlanThat, PLAN_LIMITS } from "./plan-limits";

/** Whom Cloudflare tells when a store's health changes. */
export interface NotificationProps {
  /**
   * Addresses to mail when a store's health changes.
   *
   * @default - nobody is mailed
   */
  readonly notificationEmails?: readonly string[];
  /**
   * Webhook destinations to call when a store's health changes, by their identifiers at Cloudflare. The account
   * needs a zone on the Pro plan or above. See `docs/cloudflare.md` for how to make one.
   *
   * @default - none is called
   */
  readonly notificationWebhookIds?: readonly string[];
  /**
   * PagerDuty services to alert when a store's health changes, by their identifiers at Cloudflare, where PagerDuty
   * is connected by hand. The account needs a zone on the Business plan or above.
   *
   * @default - none is alerted
   */
  readonly notificationPagerdutyIds?: readonly string[];
}

/** Who is told; a list that would be empty is absent, because Cloudflare does not store it and each plan would show it. */
export interface NotificationTargets {
  readonly email?: readonly string[];
  readonly webhooks?: readonly string[];
  readonly pagerduty?: readonly string[];
}

/** Hexadecimal, with or without the hyphens of a UUID. */
const IDENTIFIER = /^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @param accountPlan the best plan of any zone in the account
 * @returns undefined for nobody
 * @throws ConfigurationError VALUE_INVALID for what is no address or identifier, is named twice, or needs a higher plan
 */
export function checkNotificationTargets(
  props: NotificationProps,
  accountPlan: CloudflarePlan,
  path: string,
): NotificationTargets | undefined {
  const { notificationEmails = [], notificationWebhookIds = [], notificationPagerdutyIds = [] } = props;
  checkMailAddresses(notificationEmails, `${path}/notificationEmails`);
  for (const [prop, ids, offer] of [
    ["notificationWebhookIds", notificationWebhookIds, "webhooks"],
    ["notificationPagerdutyIds", notificationPagerdutyIds, "pagerduty"],
  ] as const) {
    if (ids.length > 0) {
      checkOffer(offer, ids, accountPlan, `${path}/${prop}`);
    }
    checkIdentifiers(ids, `${path}/${prop}`);
  }
  const targets = {
    ...(notificationEmails.length > 0 ? { email: notificationEmails } : {}),
    ...(notificationWebhookIds.length > 0 ? { webhooks: notificationWebhookIds } : {}),
    ...(notificationPagerdutyIds.length > 0 ? { pagerduty: notificationPagerdutyIds } : {}),
  };
  return Object.keys(targets).length === 0 ? undefined : targets;
}

function checkIdentifiers(ids: readonly string[], path: string): void {
  for (const [index, id] of ids.entries()) {
    const twice = ids.indexOf(id) < index;
    if (!Token.isUnresolved(id) && (twice || !IDENTIFIER.test(id))) {
      throw invalid({
        path,
        what: twice ? "somebody would be told twice" : "this is not an identifier of Cloudflare's",
        value: id,
        allowed: "different values, each an identifier of Cloudflare's",
        fix: twice ? "name each once" : 'write one a text, as in "0123456789abcdef…"',
      });
    }
  }
}

function checkOffer(
  offer: "webhooks" | "pagerduty",
  ids: readonly string[],
  plan: CloudflarePlan,
  path: string,
): void {
  if (PLAN_LIMITS[plan][offer]) {
    return;
  }
  const sufficient = leastPlanThat((limits) => limits[offer]);
  throw invalid({
    path,
    what: `an account whose best zone is on the ${plan} plan cannot notify that way`,
    value: ids,
    allowed: `none, below the ${sufficient} plan`,
    fix: `notify by e-mail, or say in accountPlan that a zone of the account is on the ${sufficient} plan`,
  });
}
