#!/usr/bin/env bash
# Measures the gateway with the rig that every gateway is measured with (the ruler; not part of this repository).
#
#   RIG=/path/to/rig bench/rig.sh setup                     packages (nginx-light, wrk) and the rig's own programs
#   RIG=/path/to/rig bench/rig.sh run   [bench.py options]  CPU, latency, first token
#   RIG=/path/to/rig bench/rig.sh slow  [bench.py options]  memory with many waiting streams
#   RIG=/path/to/rig bench/rig.sh table                     medians and ratios to nginx of what was measured
#
# RIG_TARGETS   which ones, default direct,nginx,yarp,k-json,ours (ours-x: Anthropic in, OpenAI upstream)
# RIG_OUT       where binaries, logs and results go, default a folder in TMPDIR; never the repository
# RIG_GATEWAY   the gateway's program, default this repository's, which is published first
# RIG_PUBLISH   how else, e.g. -p:PublishAot=true for the native program; default with the runtime (ReadyToRun)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${RIG:?names the folder of the rig}"
out=${RIG_OUT:-${TMPDIR:-/tmp}/understudy-rig}
targets=${RIG_TARGETS:-direct,nginx,yarp,k-json,ours}
export RIG_WORK=$out/work RIG_PEERS=$out/peers RIG_EXTRA=$out/ours.json DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
mkdir -p "$RIG_WORK"/{bin,run,home,data,src}

setup() {
  # The rig's own setup.sh installs every peer; these are all that the default targets need.
  local missing=()
  for package in nginx-light wrk; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  if [ ${#missing[@]} -gt 0 ]; then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; fi
  for program in mock loadgen floors; do
    rm -rf "${RIG_WORK:?}/src/$program"
    cp -r "$RIG/src/$program" "$RIG_WORK/src/"
    chmod -R u+w "$RIG_WORK/src/$program"
    dotnet build --configuration Release "$RIG_WORK/src/$program" --output "$RIG_WORK/bin/$program" --verbosity quiet
  done
  python3 "$RIG/mkdata.py" >/dev/null
  sed "s#@RUN@#$RIG_WORK/run#g" "$RIG/conf/nginx.conf" >"$RIG_WORK/nginx.conf"
}

describe() { # what RIG_EXTRA says of us
  local gateway=${RIG_GATEWAY:-$out/gateway/Understudy.Cli}
  [ -n "${RIG_GATEWAY-}" ] || dotnet publish "$here/../src/Understudy.Cli" --configuration Release --runtime linux-x64 --output "$out/gateway" --verbosity quiet ${RIG_PUBLISH:+"$RIG_PUBLISH"}
  GATEWAY=$gateway CONFIG=$here/rig/gateway.yaml python3 - >"$RIG_EXTRA" <<'PY'
import json, os
def serve(port): return [os.environ["GATEWAY"], "serve", "--config", os.environ["CONFIG"], "--listen", f"127.0.0.1:{port}"]
env = {"RIG_KEY": "sk-test"}
print(json.dumps({
    "ours": {"port": 9120, "cmd": serve(9120), "env": env, "headers": [["Authorization", "Bearer sk-test"]]},
    "ours-x": {"port": 9121, "cmd": serve(9121), "env": env, "path": "/v1/messages", "api": "an",
               "headers": [["x-api-key", "sk-test"], ["anthropic-version", "2023-06-01"], ["x-understudy-route", "translated"]]},
}))
PY
}

verb=${1:?setup, run, slow or table}
shift
case $verb in
  setup) setup ;;
  run | slow | instr)
    describe
    uptime
    python3 "$RIG/bench.py" "$verb" --out "$out/$verb.jsonl" --targets "$targets" "$@"
    uptime
    ;;
  table)
    RIG_GATEWAY=${RIG_GATEWAY:-$out/gateway/Understudy.Cli} describe
    shopt -s nullglob
    python3 "$RIG/bench.py" table "$out"/{run,slow}.jsonl "$@"
    ;;
  *) echo "setup, run, slow or table" >&2; exit 2 ;;
esac
