# What is done with this repository, by name: `just` lists it. Without just installed: npx --yes rust-just NAME.

set shell := ["bash", "-euo", "pipefail", "-c"]

golangci_version := "v2.15.0"
tools := env("XDG_CACHE_HOME", env("HOME") / ".cache") / "kapoor-desk"
golangci := tools / ("golangci-lint-" + golangci_version) / "golangci-lint"
ferrettest := "persistence/mongo/ferrettest"

# List the recipes.
default:
    @{{ just_executable() }} --list --unsorted

# Run the desk. Flags follow: just run --port 5000
run *flags:
    go run ./cmd/server {{ flags }}

# Run the desk with its log readable and filtered (just logs warn), or follow a JSON log file (just logs info desk.json).
logs level="debug" file="":
    #!/usr/bin/env bash
    set -euo pipefail
    if [ -n "{{ file }}" ]; then
        exec go run ./cmd/server logs --follow --level "{{ level }}" "{{ file }}"
    fi
    go build -o bin/server ./cmd/server
    bin/server serve --log-level "{{ level }}" --log-format json 2>&1 | bin/server logs

# Fill the store with made-up bookings: just seed 100000
seed bookings="1000" *flags:
    go run ./cmd/server seed --bookings {{ bookings }} {{ flags }}

# What the README says: everything that one module's tests say.
test *flags:
    go test {{ flags }} ./...

# The race detector, on the short form. SQLite is translated C and slow under the detector, so of its suite only what is
# concurrent in Go runs here; clustertest and faults start servers that the detector does not see. LONG=1 just race is all of
# everything, in about a quarter of an hour.
race *flags:
    #!/usr/bin/env bash
    set -euo pipefail
    if [ -n "${LONG:-}" ]; then
        LONG='' go test -race -count=1 -timeout 60m {{ flags }} ./...
        LONG='' TEST_GOROUTINES=1 go test -race -count=1 -timeout 20m {{ flags }} ./wiretest
        exit
    fi
    go test -race -short -timeout 20m {{ flags }} $(go list ./... | grep -vE '/(persistence/sqlite|clustertest|faults)$')
    # Once more with a goroutine for each WebSocket, as where there is no epoll.
    TEST_GOROUTINES=1 go test -race -short -timeout 10m {{ flags }} ./wiretest
    go test -race -short -timeout 10m {{ flags }} -run 'Follow|BadWrite|Positions|Readers|Lock' ./persistence/sqlite

# The desk as a process, cut, killed, stopped and not read from, under load: some forty seconds. LONG=1 just faults does all
# of it as often and for as long as is promised, which takes about twenty minutes. just faults -run TestSlow is one of them.
faults *flags:
    go test -count=1 -v -timeout 60m {{ flags }} ./faults

# The clients' tests: Node, socket.io-client and the real server.
clients:
    #!/usr/bin/env bash
    set -euo pipefail
    if [ ! -d clienttest ]; then
        echo "There are no client tests yet."
        exit 0
    fi
    if [ -f clienttest/package-lock.json ]; then
        npm ci --prefix clienttest --no-audit --no-fund
    fi
    CI=true go test -count=1 ./clienttest/...

# The app's packages, where they are missing or older than their lock.
_mobile-packages:
    #!/usr/bin/env bash
    set -euo pipefail
    cd mobile
    if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
        npm ci --no-audit --no-fund
    fi

# Make the app's web export and pack it into http/webapp/dist, from where the server takes it. Commit the result.
mobile: _mobile-packages
    npm --prefix mobile run build

# The app's own tests, the whole story in browsers against the real server, and a short form of what much costs the page.
mobile-test: _mobile-packages
    npm --prefix mobile test
    node --test mobile/e2e/kit.test.mjs
    npm --prefix mobile run story
    npm --prefix mobile run load

# Pictures of every screen: phone and desktop, light and dark. With "--readme" the README's are made again.
mobile-pictures folder="dist/pictures" *flags: _mobile-packages
    cd mobile && node e2e/pictures.mjs {{ folder }} {{ flags }}

# Hold the committed web export against what the sources make, and export for phones. What was found good once is not
# looked at again on the same machine: an export says the same of the same sources.
mobile-exports: _mobile-packages
    #!/usr/bin/env bash
    set -euo pipefail
    seen="{{ tools }}/mobile-$(git ls-files -s mobile http/webapp/dist | sha256sum | cut -c1-20)"
    if [ -z "$(git status --porcelain mobile http/webapp/dist)" ] && [ -e "$seen" ]; then
        echo "These sources were exported before, and were good."
        exit 0
    fi
    npm --prefix mobile run build:check
    CI=1 EXPO_OFFLINE=1 EXPO_NO_TELEMETRY=1 npm --prefix mobile run phones
    for platform in android ios; do
        test -n "$(find "mobile/dist/_expo/static/js/$platform" -name '*.hbc' -size +100k)"
    done
    rm -rf mobile/dist
    mkdir -p "{{ tools }}" && touch "$seen"

# The store's contract on an embedded FerretDB, a module of its own so that the server's go.mod stays clean.
ferret:
    #!/usr/bin/env bash
    set -euo pipefail
    if [ ! -d "{{ ferrettest }}" ]; then
        echo "There is no {{ ferrettest }} yet."
        exit 0
    fi
    cd "{{ ferrettest }}"
    go test -timeout 15m ./...

# Several nodes, balancers and outages, on real programs: a few minutes. LONG=1 just cluster has as many clients and lasts as
# long as is promised, about half an hour; MONGODB_TEST_URI has it run on that MongoDB instead of an embedded FerretDB.
cluster *flags:
    CI=true go test -count=1 -timeout {{ if env("LONG", "") == "" { "15m" } else { "90m" } }} {{ flags }} ./clustertest

# Every fuzz test for a minute each, or for as long as is said: just fuzz 10m. What one finds it writes to its testdata,
# to be kept. Interesting input is hardly minimized: a session takes milliseconds, and no two take the same path.
fuzz time="1m":
    #!/usr/bin/env bash
    set -euo pipefail
    while IFS=: read -r file _ line; do
        name=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/' <<<"$line")
        echo "== $name in $(dirname "$file")"
        go test -run '^$' -fuzz "^$name\$" -fuzztime "{{ time }}" -fuzzminimizetime 20x "./$(dirname "$file")" </dev/null
    done < <(git grep -n '^func Fuzz' -- '*_test.go')

# What beats on the server, under the race detector: LONG=1 just hammer is the long form, in about an hour. Flags follow:
# just hammer -run Cycles
hammer *flags:
    go test -race -count=1 -timeout 2h -v {{ flags }} ./hammer

# The clients of other makers, one after another; what is missing of them is installed first. LONG=1 just interop has many
# more rounds.
interop *flags:
    bash interop/install
    CI=true go test -count=1 -timeout 3h -v {{ flags }} ./interop

# Benchmarks: just bench ./actors/... Outbox
bench packages="./..." pattern=".":
    go test -run '^$' -bench '{{ pattern }}' -benchmem {{ packages }}

# What the desk costs beside a bare write loop and Node, as a report in bench/out: just bench-compare --runs 5, or --quick
bench-compare *flags: _bench-node
    go run ./bench/compare {{ flags }}

# Node's packages for the comparison, where they are missing or older than their lock. Without npm it goes on without Node.
_bench-node:
    #!/usr/bin/env bash
    set -euo pipefail
    cd bench/peers/node
    if [ -d node_modules/socket.io ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; then
        exit 0
    fi
    if ! command -v npm >/dev/null; then
        echo "npm is not installed: Node will not be compared."
    elif ! npm ci --no-audit --no-fund; then
        echo "npm ci went wrong: Node will not be compared."
    fi

# Format every file.
fmt:
    git ls-files -z '*.go' | xargs -0 gofmt -w

# Fail where a file is not formatted.
fmt-check:
    #!/usr/bin/env bash
    set -euo pipefail
    unformatted=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
    if [ -n "$unformatted" ]; then
        printf 'Not formatted (just fmt does it):\n%s\n' "$unformatted"
        exit 1
    fi

# go vet and golangci-lint. The first run builds golangci-lint, which takes two to three minutes on two cores.
lint: fmt-check
    #!/usr/bin/env bash
    set -euo pipefail
    go vet ./...
    if [ ! -x "{{ golangci }}" ]; then
        echo "Building golangci-lint {{ golangci_version }} …"
        GOBIN="$(dirname "{{ golangci }}")" go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@{{ golangci_version }}"
    fi
    "{{ golangci }}" run

# Known vulnerabilities in what the server calls. Needs the Go vulnerability database, which CI does not reach.
vuln:
    #!/usr/bin/env bash
    set -uo pipefail
    if [ "${CI:-}" = true ]; then
        echo "Not asked for known vulnerabilities: CI has no way to the database. Run just vuln where there is one."
        exit 0
    fi
    GOBIN="{{ tools }}" go install golang.org/x/vuln/cmd/govulncheck@latest || exit 1
    output=$("{{ tools }}/govulncheck" ./... 2>&1)
    code=$?
    echo "$output"
    if [ "$code" -ne 0 ] && grep -q 'fetching vulnerabilities' <<<"$output"; then
        echo "The vulnerability database could not be reached: nothing is known about vulnerabilities."
        exit 0
    fi
    exit "$code"

# Write README's table of settings from the code.
readme:
    UPDATE_README=1 go test -count=1 -run TestReadmeTable ./cmd/server

# What CI runs besides the test command of the README, which has run the clients.
verify: lint race ferret vuln mobile-test mobile-exports
