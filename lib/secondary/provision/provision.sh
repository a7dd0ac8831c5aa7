#!/bin/bash
# Brings the droplet into the state the plan describes. Safe to repeat, at any point: each step looks first.
set -euo pipefail

readonly device={{volumeDevice}}
readonly mount_path={{mountPath}}
readonly mount_unit={{mountUnit}}
readonly credentials=$mount_path/root-credentials.env
readonly origin_host={{originHost}}
readonly server=http://{{serverAddress}}

main() {
  install_packages
  wait_for 600 "volume $device is attached" test -b "$device"
  format_volume_if_blank
  mount_volume
  create_root_credentials
  start_server
  /opt/storage-failover/prepare-bucket.sh
  systemctl enable --now storage-failover-staleness.timer
  # A certificate can only be had once the name leads here; asking earlier uses up the authority's limits.
  wait_for 600 "$origin_host leads to this droplet" origin_host_leads_here
  systemctl enable --now caddy.service
  echo "ready"
}

wait_for() {
  local seconds=$1 what=$2
  shift 2
  local deadline=$((SECONDS + seconds))
  until "$@"; do
    if ((SECONDS >= deadline)); then
      echo "gave up after $seconds s: $what" >&2
      return 1
    fi
    sleep 5
  done
  echo "$what"
}

install_packages() {
  if type -P caddy curl mkfs.xfs openssl podman >/dev/null; then
    return
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update
  apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    ca-certificates caddy curl openssl podman unattended-upgrades xfsprogs
}

# A volume with anything on it is never formatted. That blkid recognizes nothing is not enough: the beginning
# must hold nothing but zeros too, as a new volume's does.
format_volume_if_blank() {
  local type status=0
  type=$(blkid --probe --output value --match-tag TYPE "$device") || status=$?
  if [[ $type == xfs ]]; then
    return
  fi
  if [[ $status -ne 2 || -n $type ]] || ! begins_with_zeros; then
    echo "$device is not blank and not XFS (${type:-unknown contents}); nothing is changed" >&2
    return 1
  fi
  mkfs.xfs -L objects "$device"
}

begins_with_zeros() {
  cmp --silent --bytes=$((16 * 1024 * 1024)) "$device" /dev/zero
}

mount_volume() {
  systemctl daemon-reload
  systemctl start "$mount_unit"
  mountpoint --quiet "$mount_path"
  # The volume may have been enlarged since.
  xfs_growfs "$mount_path" >/dev/null
  install --directory --mode=0700 "$mount_path/objects"
  install --directory --mode=0700 --owner=caddy --group=caddy "$mount_path/caddy"
  # On a droplet built anew, the same name may have another number.
  chown --recursive caddy:caddy "$mount_path/caddy"
}

# Made here and kept here: they are in no plan, no state and no user data.
create_root_credentials() {
  if [[ -s $credentials ]]; then
    return
  fi
  local user password
  user=root-$(openssl rand -hex 8)
  password=$(openssl rand -hex 32)
  (
    umask 077
    printf '%s\n' "MINIO_ROOT_USER=$user" "MINIO_ROOT_PASSWORD=$password" \
      "MC_HOST_local=http://$user:$password@${server#http://}" >"$credentials.new"
  )
  sync "$credentials.new"
  mv "$credentials.new" "$credentials"
}

start_server() {
  systemctl enable --now minio.service
  wait_for 600 "object store answers" curl --silent --fail --output /dev/null --max-time 5 "$server/minio/health/live"
}

# The reserved address is not on an interface of the droplet: its metadata service knows it.
origin_host_leads_here() {
  local address
  address=$(curl --silent --fail --max-time 5 http://169.254.169.254/metadata/v1/reserved_ip/ipv4/ip_address) || return 1
  getent ahostsv4 "$origin_host" | grep --quiet --word-regexp --fixed-strings "$address"
}

main
