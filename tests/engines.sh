#!/usr/bin/env bash
# Runs the suite on another DynamoDB: tests/engines.sh dynamodb-local|dynalite|moto [NAME OF A TEST...]
# Installs the engine below target/engines/, starts it on a free loopback port, and stops it whatever happens.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: tests/engines.sh dynamodb-local|dynalite|moto [NAME OF A TEST...]" >&2; exit 2; }
need() { command -v "$1" >/dev/null || { apt-get update && apt-get install -y --no-install-recommends "$2"; }; }

engine=${1:-}
[ $# -eq 0 ] || shift
home=target/engines/$engine

# Installed whole or not at all: into a folder beside, then renamed.
unless_installed() {
    [ -d "$home" ] && return
    rm -rf "$home.new" && mkdir -p "$home.new"
    "$@" "$home.new"
    mv "$home.new" "$home"
}

# Each engine: how it is installed into folder $1, and how it is started on port $1.
case $engine in
dynamodb-local)
    need java default-jre-headless && need npm npm
    install() {
        # The npm package brings Amazon's jar; nothing else of it is used.
        npm pack --silent --pack-destination "$1" amplify-dynamodb-simulator@2.9.30
        tar xzf "$1"/*.tgz --strip-components 2 -C "$1" package/emulator && rm "$1"/*.tgz
    }
    start() {
        DDB_LOCAL_TELEMETRY=0 exec java "-Djava.library.path=$home/DynamoDBLocal_lib" \
            -jar "$home/DynamoDBLocal.jar" -inMemory -sharedDb -port "$1"
    }
    ;;
dynalite)
    need npm npm
    install() {
        npm install --silent --no-audit --no-fund --prefix "$1" dynalite@4.0.0
        # It compares binaries as text: a prefix that ends inside a character is not found. Corrected, or half the suite fails
        # now and then, as the bytes of a write id fall.
        sed -i "s/'base64').toString()/'base64').toString('latin1')/g" "$1/node_modules/dynalite/db/index.js"
    }
    start() { exec "$home/node_modules/.bin/dynalite" --host 127.0.0.1 --port "$1" --createTableMs 0; }
    ;;
moto)
    need python3 python3-venv
    # It answers one at a time: more tests at once would wait longer than the shortest deadlines among them.
    export RUST_TEST_THREADS=2
    install() {
        # A venv knows where it stands, so this one cannot be renamed: its packages go into a plain folder.
        python3 -m venv "$1/venv"
        "$1/venv/bin/pip" install --quiet --target "$1/site" 'moto[server]==5.2.5'
        rm -r "$1/venv"
        # Its begins_with knows no binaries. Corrected, since every save under a version with a journal needs it.
        sed -i '/^class FuncBeginsWith/,/startswith/ s/!= "S"/not in ("S", "B")/' "$1/site/moto/dynamodb/comparisons.py"
    }
    start() {
        # One request at a time: its conditional writes are not atomic, and of 400 increments 398 were left.
        PYTHONPATH=$home/site exec python3 -c "
from threading import Lock
from moto.moto_server.werkzeug_app import *
from werkzeug.serving import run_simple

moto, turn = DomainDispatcherApplication(create_backend_app), Lock()

def app(environ, start_response):
    with turn:
        return list(moto(environ, start_response))

run_simple('127.0.0.1', $1, app, threaded=True, request_handler=MotoRequestHandler)"
    }
    ;;
*) usage ;;
esac

unless_installed install

listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=$((20000 + RANDOM % 10000))
while listens "$port"; do port=$((port + 1)); done

log=target/engines/$engine.log
start "$port" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
for _ in $(seq 300); do
    listens "$port" && break
    kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.2
done
listens "$port" || { echo "$engine does not listen; $log says why" >&2; exit 1; }

code=0
OPTIMIST_TEST_ENDPOINT=http://127.0.0.1:$port cargo test -p optimist-tests --test it "$@" \
    -- --skip compile:: 2>&1 |
    tee "target/engines/$engine.tests" || code=$?
printf '\n%s: skipped\n' "$engine"
grep -oh 'skipped: needs .*' "target/engines/$engine.tests" | sort | uniq -c || echo "    none"
exit "$code"
