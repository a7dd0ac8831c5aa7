import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";
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

/** Not the grammar of addresses, only what keeps a name or a list in one text from being taken for one. */
const EMAIL = /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/;

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
  checkEach(
    notificationEmails,
    EMAIL,
    "an e-mail address",
    "storage@example.com",
    `${path}/notificationEmails`,
  );
  for (const [prop, ids, offer] of [
    ["notificationWebhookIds", notificationWebhookIds, "webhooks"],
    ["notificationPagerdutyIds", notificationPagerdutyIds, "pagerduty"],
  ] as const) {
    if (ids.length > 0) {
      checkOffer(offer, ids, accountPlan, `${path}/${prop}`);
    }
    checkEach(ids, IDENTIFIER, "an identifier of Cloudflare's", "0123456789abcdef…", `${path}/${prop}`);
  }
  const targets = {
    ...(notificationEmails.length > 0 ? { email: notificationEmails } : {}),
    ...(notificationWebhookIds.length > 0 ? { webhooks: notificationWebhookIds } : {}),
    ...(notificationPagerdutyIds.length > 0 ? { pagerduty: notificationPagerdutyIds } : {}),
  };
  return Object.keys(targets).length === 0 ? undefined : targets;
}

function checkEach(values: readonly string[], shape: RegExp, what: string, example: string, path: string) {
  for (const [index, value] of values.entries()) {
    if (Token.isUnresolved(value)) {
      continue;
    }
    const twice = values.indexOf(value) < index;
    if (twice || !shape.test(value)) {
      throw new ConfigurationError({
        code: "VALUE_INVALID",
        path,
        what: twice ? "somebody would be told twice" : `this is not ${what}`,
        value,
        allowed: `different values, each ${what}`,
        fix: twice ? "name each once" : `write one a text, as in "${example}"`,
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
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: `an account whose best zone is on the ${plan} plan cannot notify that way`,
    value: ids,
    allowed: `none, below the ${sufficient} plan`,
    fix: `notify by e-mail, or say in accountPlan that a zone of the account is on the ${sufficient} plan`,
  });
}
