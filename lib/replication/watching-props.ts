import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkMailAddresses } from "../private/mail-addresses";
import { checkSecretName } from "../private/secret-name";

/** Who is told how replication is doing, and where to look. Every secret is given by its name in Secrets Manager. */
export interface ReplicatorWatchingProps {
  /**
   * Addresses that alarms are mailed to; each must confirm once.
   *
   * @default - nobody is mailed
   */
  readonly alarmEmails?: readonly string[];
  /**
   * Slack workspace that alarms are told in, as in `T0123ABCD`; with `slackChannelId`. The workspace must have been
   * authorized once, by hand, in the console of Amazon Q Developer in chat applications (formerly AWS Chatbot).
   *
   * @default - no Slack
   */
  readonly slackWorkspaceId?: string;
  /**
   * Slack channel that alarms are told in, as in `C0123ABCD`; with `slackWorkspaceId`.
   *
   * @default - no Slack
   */
  readonly slackChannelId?: string;
  /**
   * Name of the secret whose text is the integration URL of PagerDuty's "Amazon CloudWatch" integration. It holds the
   * integration's key: Terraform reads it when it applies, and keeps it in its state. The secret must exist before.
   *
   * @default - no PagerDuty
   */
  readonly pagerDutySecretName?: string;
  /**
   * Name of the secret whose text is an https URL that is called after each clean pass: a dead man's switch outside of AWS,
   * which rings when nothing calls it any more. It gets a POST with the run's outcome in JSON; 5 seconds, tried twice, redirects
   * not followed. That it cannot be called is logged and counted, and never fails a run.
   *
   * @default - nobody is called
   */
  readonly heartbeatSecretName?: string;
  /**
   * Base URL of an OpenTelemetry collector (OTLP over HTTP), without `/v1/metrics`, that each run's figures are sent to. Https
   * only; that it cannot be reached is logged and counted, and never fails a run.
   *
   * @default - figures are sent to CloudWatch only
   */
  readonly otlpEndpoint?: string;
  /**
   * Name of the secret with the headers that the collector asks for, as JSON: `{"Authorization": "Bearer …"}`.
   *
   * @default - no headers
   */
  readonly otlpHeadersSecretName?: string;
  /**
   * Base URL of a Prometheus Pushgateway, without `/metrics`, that each run's figures are pushed to. Https only; that it
   * cannot be reached is logged and counted, and never fails a run.
   *
   * @default - figures are sent to CloudWatch only
   */
  readonly pushgatewayUrl?: string;
  /**
   * Name of the secret with the headers that the Pushgateway asks for, as JSON: `{"Authorization": "Basic …"}`.
   *
   * @default - no headers
   */
  readonly pushgatewayHeadersSecretName?: string;
  /**
   * Whether there is a CloudWatch dashboard. An account's first three are free; each more costs 3 USD a month.
   *
   * @default true
   */
  readonly dashboard?: boolean;
}

/** Each needs the other one: alone it would tell nobody, and nobody would notice. */
const PAIRS = [
  ["slackChannelId", "slackWorkspaceId"],
  ["slackWorkspaceId", "slackChannelId"],
  ["otlpHeadersSecretName", "otlpEndpoint"],
  ["pushgatewayHeadersSecretName", "pushgatewayUrl"],
] as const satisfies readonly (readonly [keyof ReplicatorWatchingProps, keyof ReplicatorWatchingProps])[];

const SECRET_NAMES = [
  "pagerDutySecretName",
  "heartbeatSecretName",
  "otlpHeadersSecretName",
  "pushgatewayHeadersSecretName",
] as const satisfies readonly (keyof ReplicatorWatchingProps)[];

/**
 * @param pathOf the construct path with the prop
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkWatching(
  props: ReplicatorWatchingProps,
  pathOf: (prop: keyof ReplicatorWatchingProps) => string,
): void {
  // Each names a construct.
  for (const email of props.alarmEmails ?? []) checkKnownAtSynth(email, pathOf("alarmEmails"));
  checkMailAddresses(props.alarmEmails ?? [], pathOf("alarmEmails"));
  for (const name of SECRET_NAMES) {
    const value = props[name];
    if (value !== undefined) checkSecretName(value, pathOf(name));
  }
  for (const name of ["slackWorkspaceId", "slackChannelId"] as const) checkSlackId(props[name], pathOf(name));
  for (const name of ["otlpEndpoint", "pushgatewayUrl"] as const) checkBaseUrl(props[name], pathOf(name));
  for (const [given, needed] of PAIRS) {
    if (props[given] !== undefined && props[needed] === undefined) {
      throw new ConfigurationError({
        code: "VALUE_INVALID",
        path: pathOf(needed),
        what: `${given} alone does nothing`,
        value: undefined,
        allowed: `${needed} beside it`,
        fix: `give ${needed}, or leave ${given} away`,
      });
    }
  }
}

function checkSlackId(id: string | undefined, path: string): void {
  if (id === undefined || Token.isUnresolved(id) || /^[A-Z0-9]{1,255}$/.test(id)) return;
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is no id of Slack's",
    value: id,
    allowed: "capital letters and digits, as in T0123ABCD for a workspace or C0123ABCD for a channel",
    fix: "copy the id, not the name: it is at the end of the channel's link",
  });
}

/** A user, a password or a query may be a secret: then the message does not repeat the URL. */
function checkBaseUrl(text: string | undefined, path: string): void {
  if (text === undefined || Token.isUnresolved(text)) return;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const more = url && url.username + url.password + url.search + url.hash;
  if (url?.protocol === "https:" && more === "") return;
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "figures cannot be sent to this URL",
    value: more === "" ? text : "(hidden)",
    allowed: "an https URL without user, password, query and fragment, as in https://collector.example.com",
    fix: "put what the receiver asks for into a secret, as request headers",
  });
}
