import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { isKnown, type Known } from "../../operate/known";
import type { OriginAnswer } from "../../operate/observation";
import {
  CERTIFICATE_PROBLEM_DAYS,
  CERTIFICATE_WARNING_DAYS,
  daysUntil,
} from "../../operate/observe/certificate-age";
import type { Check, Finding } from "./check";

export const CERTIFICATE_CHECKS: readonly Check[] = STORE_NAMES.map((store) => ({
  id: `certificate-${store}`,
  group: "certificates",
  title: `the certificate of the ${store} store's origin lasts`,
  run: async (patient) => judgeCertificate(store, await patient.origin(store), new Date()),
}));

export function judgeCertificate(store: StoreName, origin: Known<OriginAnswer>, now: Date): Finding {
  if (!isKnown(origin)) {
    return {
      status: "skipped",
      found: `not seen: ${origin.unknown}`,
      fix: "see: storage-failover doctor reachability",
    };
  }
  const { certificateEnds } = origin.value;
  if (certificateEnds === undefined) return { status: "ok", found: "plain HTTP, on this machine only" };
  const left = daysUntil(certificateEnds, now);
  const days = Math.floor(left);
  const day = certificateEnds.slice(0, 10);
  const figures = { daysLeft: days };
  if (left >= CERTIFICATE_WARNING_DAYS) return { status: "ok", found: `${days} days, until ${day}`, figures };
  const found =
    left < 0 ? `it ended on ${day}: Cloudflare refuses the origin with 526` : `${days} days, until ${day}`;
  return {
    status: left < CERTIFICATE_PROBLEM_DAYS ? "problem" : "warning",
    found,
    fix: REPAIR[store],
    figures,
  };
}

const REPAIR: Readonly<Record<StoreName, string>> = {
  primary: "it is AWS's, or your distribution's: see the console of Certificate Manager",
  secondary:
    "on the droplet: journalctl -u caddy (port 80 must be open to everybody, and the name must lead there)",
};
