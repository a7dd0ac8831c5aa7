#!/bin/bash
# mc with the environment that the server's container gives it. Arguments: the environment file, mc, and mc's own.
set -euo pipefail

set -a
# shellcheck source=/dev/null
source "$1"
set +a
exec "${@:2}"
