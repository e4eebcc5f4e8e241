// The package's code is one file. V8 keeps what it compiled of it beside the packages, so that later runs need not compile it.
const {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { createRequire, Module } = require('node:module');
const { join, sep } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

// A target may have its own of it by the time it is needed.
const { createCachedData } = Script.prototype;
const dist = join(__dirname, '../dist');
const file = join(dist, 'drill.cjs');
/** So many files are kept: of several versions of Node, or options of it. */
const KEPT = 8;

/** Sets V8 up for a process that plays or runs drills. Code that was compiled under other flags is refused. */
function tuneEngine() {
  // A run makes much garbage and keeps little: the heap grows by a third of what lives, so that long runs stay small.
  setFlagsFromString('--heap-growing-percent=30');
  // Helper threads would take longer to wake than there is to clear away, and marking in small steps costs more than at once.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-incremental-marking');
  // New space grows at once to what a run needs: each step there copies what lives.
  setFlagsFromString('--semi-space-growth-factor=8');
  // What ran once is still there when the code is kept.
  setFlagsFromString('--no-flush-bytecode');
  // Optimised code costs a short run a fifth of its time and gives nothing back: Node 20 makes it too early, and
  // the newer ones, which do not know the flag, later by themselves.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=400000');
}

/** Where compiled code waits, by what runs it and how; beside the packages, whoever may write there may write those too. */
function placeFor(kind) {
  const at = __dirname.lastIndexOf(`${sep}node_modules${sep}`);
  const root = at < 0 ? join(__dirname, '..') : __dirname.slice(0, at);
  // Where the code lies is compiled in: by that our own frames are told from a target's.
  const how = [file, ...process.execArgv, process.env.NODE_OPTIONS ?? ''].join('\n');
  const name = [kind, process.version, process.arch, crc32(how).toString(16)].join('-');
  return join(root, 'node_modules/.cache/failover-drill', name);
}

const SEAL_BYTES = 4;
/** V8 asks only for the length of what it compiled, and ends the process where its own bytes are not whole. */
const sealOf = (compiled, codeSum) => crc32(compiled, codeSum);

/** What was compiled of this very code. */
function read(place, codeSum) {
  try {
    const all = readFileSync(place);
    const compiled = all.subarray(0, -SEAL_BYTES);
    return all.readUInt32LE(compiled.length) === sealOf(compiled, codeSum) ? compiled : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What `src/whole.cjs` gives, for a process that does nothing else: `kind` says whose compiled code it takes. `keep` writes
 * it down where there was none, once most of what is needed has run.
 */
exports.load = function load(kind) {
  tuneEngine();
  const code = readFileSync(file);
  const place = process.env.NODE_DISABLE_COMPILE_CACHE === undefined ? placeFor(kind) : undefined;
  const codeSum = crc32(code);
  const cachedData = place === undefined ? undefined : read(place, codeSum);
  const module = new Module(file);
  module.filename = file;
  const script = new Script(code.toString('latin1'), { filename: file, cachedData });
  // Whoever imports the package meanwhile gets the same.
  require.cache[file] = module;
  script.runInThisContext()(module.exports, createRequire(file), module, file);
  module.loaded = true;
  const has = cachedData !== undefined && !script.cachedDataRejected;
  return { whole: module.exports, keep: () => void (has || place === undefined || write(place, codeSum, script)) };
};

function write(place, codeSum, script) {
  try {
    const folder = join(place, '..');
    mkdirSync(folder, { recursive: true });
    const all = readdirSync(folder).map((name) => ({
      path: join(folder, name),
      at: statSync(join(folder, name)).mtimeMs,
    }));
    for (const { path } of all.sort((a, b) => b.at - a.at).slice(KEPT - 1)) rmSync(path, { force: true });
    const begun = `${place}.${process.pid}`;
    const compiled = Reflect.apply(createCachedData, script, []);
    const seal = Buffer.alloc(SEAL_BYTES);
    seal.writeUInt32LE(sealOf(compiled, codeSum));
    writeFileSync(begun, compiled);
    appendFileSync(begun, seal);
    renameSync(begun, place);
  } catch {
    // Where nothing may be written, or two do at once, the next run compiles again.
  }
}
