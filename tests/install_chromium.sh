#!/bin/sh
# The browser of the browser tests: Debian's chromium, where none is there yet and it may be installed.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    $as_root apt-get update -qq && $as_root apt-get install -qq -y --no-install-recommends chromium fonts-noto-core >/dev/null && exit 0
fi
echo "No Chromium is installed, and it may not be installed from here: the browser tests will be skipped." >&2
