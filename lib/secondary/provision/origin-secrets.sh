#!/bin/bash
# Says by which secrets the proxy knows the edge's requests. Called over SSH by `storage-failover enroll` and `rotate`.
# They come over standard input, are kept on the volume for root only, and reach the proxy as its environment.
set -euo pipefail

readonly secrets={{mountPath}}/origin-secrets.env
readonly mount_path={{mountPath}}

main() {
  case "${1:-} $#" in
    "set 1") set_secrets ;;
    "count 1") count ;;
    *)
      echo "usage: origin-secrets.sh set | count" >&2
      return 2
      ;;
  esac
}

# One line: the secret. A second: the one before it, accepted until the edge sends the new one everywhere.
set_secrets() {
  local lines=() line
  while IFS= read -r line || [[ -n $line ]]; do
    lines+=("$line")
  done
  if ((${#lines[@]} < 1 || ${#lines[@]} > 2)); then
    echo "expected one or two lines, got ${#lines[@]}; nothing is changed" >&2
    return 2
  fi
  for line in "${lines[@]}"; do
    if [[ ! $line =~ ^[A-Za-z0-9_-]{16,256}$ ]]; then
      echo "a secret must be 16 to 256 letters, digits, hyphens and underscores; nothing is changed" >&2
      return 2
    fi
  done
  # Without the volume the file would be on the droplet's own disk, and hidden by the volume later.
  mountpoint --quiet "$mount_path"
  (
    umask 077
    printf '{{originSecretVariable}}=%s\n' "${lines[0]}" >"$secrets.new"
    if ((${#lines[@]} == 2)); then
      printf '{{previousOriginSecretVariable}}=%s\n' "${lines[1]}" >>"$secrets.new"
    fi
  )
  sync "$secrets.new"
  mv "$secrets.new" "$secrets"
  # It reads its environment when it starts. Not started where it has not been yet: it waits for the name to lead here.
  systemctl try-restart caddy.service
  count >&2
}

count() {
  if [[ -s $secrets ]]; then
    grep --count '=' "$secrets"
  else
    echo 0
  fi
}

main "$@"
