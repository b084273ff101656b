#!/usr/bin/env bash
# Two hundred times killed in the midst of bidding (KILL_ROUNDS).
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../bids/run" "${KILL_ROUNDS:-200}"
