#!/bin/sh
# Replaces axe.min.js by the one of a version of axe-core, from npm: sh tests/servers/vendor/update.sh 4.14.1
set -e
folder=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "axe-core@$1"
tar xzf axe-core-*.tgz package/axe.min.js package/LICENSE
mv package/axe.min.js package/LICENSE "$folder"
