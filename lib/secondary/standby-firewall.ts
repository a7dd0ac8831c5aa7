import {
  Firewall,
  type FirewallInboundRule,
  type FirewallOutboundRule,
} from "@cdktf/provider-digitalocean/lib/firewall";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { CLOUDFLARE_IPV4_RANGES } from "../primary/cloudflare-ranges";

const ANYWHERE = ["0.0.0.0/0", "::/0"];

export interface StandbyFirewallProps {
  readonly name: string;
  readonly dropletId: number;
  /** Networks that may use SSH; none closes the port. */
  readonly adminCidrs: readonly string[];
  /** Networks that may use HTTPS besides Cloudflare; undefined opens it to everyone. */
  readonly replicatorCidrs?: readonly string[];
  readonly provider?: TerraformProvider;
}

/** What may reach the droplet, and what it may reach. */
export class StandbyFirewall extends Construct {
  public readonly firewall: Firewall;

  constructor(scope: Construct, id: string, props: StandbyFirewallProps) {
    super(scope, id);
    this.firewall = new Firewall(this, "firewall", {
      name: props.name,
      dropletIds: [props.dropletId],
      inboundRule: inboundRules(props),
      outboundRule: outboundRules(),
      provider: props.provider,
    });
  }
}

function inboundRules(props: StandbyFirewallProps): FirewallInboundRule[] {
  const readers = props.replicatorCidrs && [...CLOUDFLARE_IPV4_RANGES, ...props.replicatorCidrs];
  return [
    // Certificate authorities publish no addresses. Caddy answers their challenge here, and redirects all else.
    { protocol: "tcp", portRange: "80", sourceAddresses: ANYWHERE },
    { protocol: "tcp", portRange: "443", sourceAddresses: readers ?? ANYWHERE },
    ...(props.adminCidrs.length > 0
      ? [{ protocol: "tcp", portRange: "22", sourceAddresses: [...props.adminCidrs] }]
      : []),
  ];
}

/** Without outbound rules nothing gets out at all: packages, the server's image, certificates, names and time. */
function outboundRules(): FirewallOutboundRule[] {
  const rule = (protocol: string, portRange: string) => ({
    protocol,
    portRange,
    destinationAddresses: ANYWHERE,
  });
  return [rule("tcp", "53"), rule("udp", "53"), rule("tcp", "80"), rule("udp", "123"), rule("tcp", "443")];
}
