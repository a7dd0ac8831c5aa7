#!/bin/bash
# mc with the environment that the server's container gives it. Arguments: the environment file, mc, and mc's own, which
# are noted: every process of a machine can read them.
set -euo pipefail

printf '%s\n' "mc ${*:3}" >>"$STAND_IN_CALLS"

set -a
# shellcheck source=/dev/null
source "$1"
set +a
exec "${@:2}"
