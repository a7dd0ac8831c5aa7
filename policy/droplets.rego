# METADATA
# title: Droplets
# description: Reached on the ports that they serve, by those who may, and under a name that is not proxied.
# scope: package
package storage_failover.droplets

import data.storage_failover.plan

firewalls := plan.of_type("digitalocean_firewall")

# METADATA
# title: firewall-ssh-closed
# description: SSH is closed, or open to named networks.
violations contains {"rule": "firewall-ssh-closed", "address": firewall.address} if {
	some firewall in firewalls
	some rule in plan.blocks(firewall.values, "inbound_rule")
	rule.protocol == "tcp"
	includes_port(sprintf("%v", [object.get(rule, "port_range", "")]), 22)
	some range in plan.list(rule.source_addresses)
	endswith(range, "/0")
}

# METADATA
# title: firewall-web-ports-only
# description: Inbound, TCP 80, 443 and 22 and nothing else.
violations contains {"rule": "firewall-web-ports-only", "address": firewall.address} if {
	some firewall in firewalls
	some rule in plan.blocks(firewall.values, "inbound_rule")
	not is_web_or_ssh(rule)
}

is_web_or_ssh(rule) if {
	rule.protocol == "tcp"
	sprintf("%v", [rule.port_range]) in {"80", "443", "22"}
}

# METADATA
# title: firewall-outbound-explicit
# description: Outbound, one rule a port; without any rule DigitalOcean blocks everything.
violations contains {"rule": "firewall-outbound-explicit", "address": firewall.address} if {
	some firewall in firewalls
	not limits_outbound(plan.blocks(firewall.values, "outbound_rule"))
}

limits_outbound(rules) if {
	count(rules) > 0
	every rule in rules {
		names_one_port(rule)
	}
}

names_one_port(rule) if rule.protocol == "icmp"

names_one_port(rule) if regex.match(`^[1-9]\d*$`, sprintf("%v", [rule.port_range]))

# METADATA
# title: droplet-behind-firewall
# description: A firewall of the same plan covers each droplet, by its id or by a tag.
violations contains {"rule": "droplet-behind-firewall", "address": droplet.address} if {
	some droplet in plan.of_type("digitalocean_droplet")
	not is_covered(droplet)
}

is_covered(droplet) if {
	some firewall in firewalls
	plan.base(droplet.address) in plan.references(firewall, "droplet_ids")
}

is_covered(droplet) if {
	some firewall in firewalls
	some tag in plan.list(object.get(firewall.values, "tags", null))
	tag in plan.list(object.get(droplet.values, "tags", null))
}

# METADATA
# title: origin-record-not-proxied
# description: The proxy breaks signed requests, and Cloudflare refuses a proxied name as an origin.
violations contains {"rule": "origin-record-not-proxied", "address": record.address} if {
	some record in plan.of_type("cloudflare_dns_record")
	record.values.proxied == true
	some address in plan.references(record, "content")
	startswith(address, "digitalocean_")
}

# As DigitalOcean writes them: 22, 8000-9000, and "all" or 0 for every port.
includes_port(range, _) if not regex.match(`^[1-9]\d*(-\d+)?$`, range)

includes_port(range, port) if {
	regex.match(`^[1-9]\d*(-\d+)?$`, range)
	bounds := [to_number(bound) | some bound in split(range, "-")]
	bounds[0] <= port
	bounds[count(bounds) - 1] >= port
}
