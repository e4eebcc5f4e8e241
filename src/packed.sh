#!/usr/bin/env bash
# The package as others get it: looked at by publint and attw, installed by npm in an empty project, and used there on each of
# these Nodes. No test runs it, because it needs the npm registry:  npm run build && src/packed.sh 20 22 24
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root"
packed=$scratch/$(npm pack --silent --ignore-scripts --pack-destination "$scratch")
cd "$scratch"
npx --yes publint@0.3 run --strict "$packed"
npx --yes @arethetypeswrong/cli@0.18 --profile esm-only --format ascii "$packed"

quiet=(--no-audit --no-fund --loglevel error)
echo '{ "private": true }' >package.json
npm install "${quiet[@]}" "$packed"
echo "installed: $(ls node_modules | tr '\n' ' ')$(find node_modules -type f -printf '%s\n' | awk '{ all += $1 } END { printf "%.2f MB", all / 1e6 }')"

for version in "$@"; do
  mkdir "node-$version"
  cd "node-$version"
  echo '{ "private": true, "type": "module" }' >package.json
  npm install "${quiet[@]}" "node@$version" "$packed" vitest typescript @types/node
  node=$PWD/node_modules/node/bin/node
  "$node" --version
  (cd "$root" && PATH=$(dirname "$node"):$PATH DRILL_INSTALLED=$OLDPWD/node_modules "$node" node_modules/vitest/vitest.mjs run src/package.test.ts)
  cd ..
done
