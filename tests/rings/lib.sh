# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the rings: steps that are counted. Sourced; leaves the shell in the root of the tree.
set -u
cd "$(dirname "$0")/../.." || exit 1
n_passed=0
n_failed=0
jobs=$(nproc)

pass() {
    echo "ok: $*"
    n_passed=$((n_passed + 1))
}

fail() {
    echo "FAILED: $*"
    n_failed=$((n_failed + 1))
}

# step NAME COMMAND...: COMMAND's success is NAME's.
step() {
    name=$1
    shift
    if "$@"; then pass "$name"; else fail "$name"; fi
}

# no_lines NAME COMMAND...: COMMAND prints each offence; none is wanted.
no_lines() {
    name=$1
    shift
    offences=$("$@")
    if [ -z "$offences" ]; then
        pass "$name"
    else
        echo "$offences"
        fail "$name"
    fi
}

# The last line of every ring.
finish() {
    echo "$n_passed passed, $n_failed failed"
    [ "$n_failed" -eq 0 ] && [ "$n_passed" -gt 0 ]
    exit
}

# build PRESET [TARGET...]: goes on after an error, to show them all.
build() {
    preset=$1
    shift
    cmake --preset "$preset" >"build/test-logs/configure-$preset.log" 2>&1 || {
        cat "build/test-logs/configure-$preset.log"
        return 1
    }
    cmake --build --preset "$preset" ${1:+--target "$@"} -- --quiet -k 0
}

# run_ctest PRESET REGEX: counts ctest's tests; none at all is a failure.
run_ctest() {
    build "$1" || {
        fail "build $1"
        return
    }
    out=$(ctest --preset "$1" --tests-regex "$2" --parallel "$jobs" --no-tests=error 2>&1)
    echo "$out"
    summary=$(echo "$out" | grep -E 'tests passed, [0-9]+ tests failed out of [0-9]+') || {
        fail "no tests match $2"
        return
    }
    total=${summary##* }
    bad=$(echo "$summary" | sed 's/.*, \([0-9]*\) tests failed.*/\1/')
    n_failed=$((n_failed + bad))
    n_passed=$((n_passed + total - bad))
}
