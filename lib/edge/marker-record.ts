import { DnsRecord } from "@cdktf/provider-cloudflare/lib/dns-record";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { formatMarker, MARKER_TTL_SECONDS, markerRecordName } from "../../contract/marker";
import type { ActiveProvider } from "../active-provider";

export interface MarkerRecordProps {
  readonly zoneId: string;
  /** Host name that readers use; the record's name is derived from it. */
  readonly hostname: string;
  readonly activeProvider: ActiveProvider;
  /** @default - the stack's Cloudflare provider */
  readonly provider?: TerraformProvider;
}

/** The marker: the TXT record that tells running code which store is active. */
export class MarkerRecord extends Construct {
  public readonly record: DnsRecord;
  /** Full name of the record. */
  public readonly recordName: string;

  constructor(scope: Construct, id: string, props: MarkerRecordProps) {
    super(scope, id);
    this.recordName = markerRecordName(props.hostname);
    this.record = new DnsRecord(this, "record", {
      provider: props.provider,
      zoneId: props.zoneId,
      // The full name and the content's own quotes: Cloudflare returns both, and anything else drifts.
      name: this.recordName,
      type: "TXT",
      content: `"${formatMarker({ active: props.activeProvider, writesPaused: false })}"`,
      ttl: MARKER_TTL_SECONDS,
      proxied: false,
      comment: "Active store; owned by the edge stack and read by replication and writers",
    });
  }
}
