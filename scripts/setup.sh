# Sourced by the scripts beside it: makes .venv with everything that they need, once.
# Needs nothing but Python 3.11 or newer. Sets `root` and puts .venv/bin first on PATH.
# COLONNADE_EXTRAS says which extras are installed (default: sim,dev).

# -P: where this folder is a link, as in scripts/check_docs, the checkout is what it links to
root=$(CDPATH='' cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && cd .. && pwd -P)

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    # 3.11 first: PyBullet has no ready builds for newer ones.
    for candidate in python3.11 python3 python3.12 python3.13 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
                >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    say "Colonnade needs Python 3.11 or newer with the venv module, and none is on PATH:"
    say "install it (on Debian and Ubuntu: apt-get install python3 python3-venv) and try again."
    return 1
}

set_up() {
    local extras=${COLONNADE_EXTRAS:-sim,dev} stamp="$root/.venv/.colonnade-stamp" wanted python
    if [ ! -x "$root/.venv/bin/python" ]; then
        python=$(find_python) || return 1
        say "Making .venv with $("$python" --version) ..."
        "$python" -m venv --clear "$root/.venv" || return 1
    fi
    PATH="$root/.venv/bin:$PATH"
    export PATH
    wanted="$extras $root $(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)"
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "Installing Colonnade and what it needs into .venv (a few minutes the first time) ..."
        python -m pip install --quiet --disable-pip-version-check \
            --editable "$root[$extras]" --constraint "$root/constraints.txt" >&2 || {
            say "The installation failed; the reason stands above. Nothing outside .venv was changed."
            return 1
        }
        printf '%s' "$wanted" >"$stamp"
        say "Installed."
    fi
}

set_up || exit 1
