#!/usr/bin/env bash
# Build the image and hold it to its promises: not root, a read-only root, no capabilities, ready, right, stopped by
# SIGTERM with exit code 0; for both doors. Prints one line for each; the exit code is the number that failed.
#
#   PYTHON_IMAGE=...   the base image
#   BUILD_OPTIONS=...  more for `build`      RUN_OPTIONS=...  more for `run`, such as --cgroups=disabled
set -uo pipefail
cd "$(dirname "$0")/../.."

for tool in docker podman none; do "$tool" info >/dev/null 2>&1 && break; done
[ "$tool" != none ] || { echo "Neither docker nor podman answers here."; exit 2; }
image=twinserve-check
port=${PORT:-18000}
failed=0
ok() { echo "PASS $*"; }
bad() { echo "FAIL $*"; failed=$((failed + 1)); }

# shellcheck disable=SC2086  # The options are words.
"$tool" build ${PYTHON_IMAGE:+--build-arg PYTHON_IMAGE="$PYTHON_IMAGE"} ${BUILD_OPTIONS:-} -q -t $image . >/dev/null \
    || { bad "build"; exit 1; }
ok "build"
user=$("$tool" image inspect -f '{{.Config.User}}' $image)
case $user in '' | 0 | root) bad "the user is root" ;; *) ok "the user is $user" ;; esac

wait_until_ready() {
    for _ in $(seq 100); do
        curl -sf -m 2 -o /dev/null "http://127.0.0.1:$port/health/ready" && return 0
        sleep 0.2
    done
    return 1
}

try_door() { # try_door NAME PORT_INSIDE [COMMAND]
    local name=$1 inside=$2 box=twinserve-check-$1
    shift 2
    # shellcheck disable=SC2086
    "$tool" run -d --name "$box" -p 127.0.0.1:$port:"$inside" --read-only --tmpfs /tmp --cap-drop ALL \
        --security-opt no-new-privileges ${RUN_OPTIONS:-} $image "$@" >/dev/null || { bad "$name: run"; return; }
    if wait_until_ready; then ok "$name: ready"; else bad "$name: not ready"; "$tool" logs "$box" | tail -5; fi
    curl -sf -d @examples/tumor.json -H 'Content-Type: application/json' "http://127.0.0.1:$port/predict" \
        | grep -q '"label":"malignant"' && ok "$name: predicts" || bad "$name: does not predict"
    "$tool" exec "$box" python deploy/entrypoint.py health && ok "$name: healthy" || bad "$name: not healthy"
    "$tool" exec "$box" python -c 'open("/probe", "w")' 2>/dev/null && bad "$name: / is writable" || ok "$name: / is read-only"
    "$tool" stop -t 15 "$box" >/dev/null
    [ "$("$tool" inspect -f '{{.State.ExitCode}}' "$box")" = 0 ] && ok "$name: stopped, code 0" || bad "$name: exit code"
    "$tool" rm -f "$box" >/dev/null
}

try_user() { # Any number of group 0 trains and serves; the code is not its own.
    local box=twinserve-check-user code='import os, pathlib
mine = [p for p in pathlib.Path("/srv").rglob("*") if "artifacts" not in p.parts and (p.stat().st_uid == os.getuid() or os.access(p, os.W_OK))]
assert not mine, mine[:3]'
    "$tool" volume rm -f $box >/dev/null 2>&1
    for user in 10001:0 123456:0 654321:0; do
        # shellcheck disable=SC2086
        "$tool" run --rm --user $user -v $box:/srv/artifacts --read-only --tmpfs /tmp --cap-drop ALL \
            --security-opt no-new-privileges ${RUN_OPTIONS:-} $image train --name other >/dev/null 2>&1
        case $? in 0 | 3) ok "user $user: trains" ;; *) bad "user $user: does not train" ;; esac
    done
    # shellcheck disable=SC2086
    "$tool" run -d --name $box --user 123456:0 -e TWINSERVE_MODEL=other -v $box:/srv/artifacts -p 127.0.0.1:$port:8000 \
        --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges ${RUN_OPTIONS:-} $image >/dev/null
    if wait_until_ready; then ok "user 123456:0: serves"; else bad "user 123456:0: does not serve"; fi
    "$tool" exec $box python -c "$code" && ok "the code is not its own" || bad "the code is its own, or writable"
    "$tool" exec $box cat /usr/share/doc/twinserve/sbom.cdx.json | python3 -c '
import json, sys
parts = {one["name"] for one in json.load(sys.stdin)["components"]}
assert {"python", "flask", "fastapi", "django", "onnxruntime"} <= parts, parts' && ok "an SBOM" || bad "no SBOM"
    "$tool" rm -f -t 15 $box >/dev/null
    "$tool" volume rm -f $box >/dev/null
}

try_user
try_door fastapi 8000
try_door flask 8001 flask
try_door django 8002 django
echo "$failed failed"
exit $failed
