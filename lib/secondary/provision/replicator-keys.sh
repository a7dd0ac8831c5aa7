#!/bin/bash
# Makes, lists and removes key pairs of the replicator. Called over SSH by `storage-failover enroll` and `rotate`.
# A secret passes through standard input and output only: arguments can be read by every process on the droplet.
# The server's image carries mc; MC names another one.
set -euo pipefail

read -r -a mc <<<"${MC:-podman exec --interactive minio mc}"
readonly files=${FILES:-/etc/storage-failover/bucket}
readonly policy={{replicatorPolicyName}}

main() {
  case "${1:-} $#" in
    "create 1") create ;;
    "list 1") list ;;
    "remove 2") remove "$2" ;;
    *)
      echo "usage: replicator-keys.sh create | list | remove <accessKeyId>" >&2
      return 2
      ;;
  esac
}

# Prints one line of JSON, and nothing else, on standard output.
create() {
  local id secret
  id=replicator-$(openssl rand -hex 8)
  secret=$(openssl rand -hex 32)
  "${mc[@]}" admin policy create local "$policy" "$files/replicator-policy.json" </dev/null >&2
  # mc repeats what it is given, hence without its output.
  printf '%s\n' "$id" "$secret" | "${mc[@]}" admin user add local >/dev/null
  if ! "${mc[@]}" admin policy attach local "$policy" --user "$id" </dev/null >&2; then
    "${mc[@]}" admin user remove local "$id" </dev/null >&2
    return 1
  fi
  printf '{"accessKeyId":"%s","secretAccessKey":"%s"}\n' "$id" "$secret"
}

list() {
  local users
  users=$("${mc[@]}" --json admin user list local </dev/null)
  sed --quiet 's/.*"accessKey": *"\(replicator-[^"]*\)".*/\1/p' <<<"$users"
}

remove() {
  local id=$1 present
  if [[ ! $id =~ ^replicator-[0-9a-f]+$ ]]; then
    echo "not a key of the replicator; nothing is changed" >&2
    return 2
  fi
  present=$(list)
  if grep --quiet --line-regexp --fixed-strings -- "$id" <<<"$present"; then
    "${mc[@]}" admin user remove local "$id" </dev/null >&2
  else
    echo "$id is not there" >&2
  fi
}

main "$@"
