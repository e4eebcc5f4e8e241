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
/** At most so many files are kept: compiled code, of several versions of Node or options of it, and what was read of users' files. */
const KEPT = {
  code: { most: 8, mode: 0o644 },
  // What is kept of files may say what they say.
  read: { most: 1024, mode: 0o600 },
};

/** Sets V8 up for a process that plays or runs drills. Code that was compiled under other flags is refused. */
function tuneEngine() {
  // A run makes much garbage and keeps little: the heap grows by a fifth of what lives, so that long runs stay small.
  setFlagsFromString('--heap-growing-percent=20');
  // Helper threads would take longer to wake than there is to clear away, and marking in small steps costs more than at once.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-incremental-marking');
  // New space stays as small as it begins until `letHeapGrow`: in a short run, a page that is touched first costs more than
  // clearing garbage away.
  setFlagsFromString('--semi-space-growth-factor=1');
  // What ran once is still there when the code is kept.
  setFlagsFromString('--no-flush-bytecode');
  // Optimised code costs a short run a fifth of its time and gives nothing back: Node 20 makes it too early, and
  // the newer ones, which do not know the flag, later by themselves.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=400000');
}

/** Where all of it waits: beside the packages, whoever may write there may write those too. */
function cacheFolder() {
  const at = __dirname.lastIndexOf(`${sep}node_modules${sep}`);
  const root = at < 0 ? join(__dirname, '..') : __dirname.slice(0, at);
  return join(root, 'node_modules/.cache/failover-drill');
}

/** The name of compiled code, by what runs it and how. */
function codeName(kind) {
  // Where the code lies is compiled in: by that our own frames are told from a target's.
  const how = [file, ...process.execArgv, process.env.NODE_OPTIONS ?? ''].join('\n');
  return [kind, process.version, process.arch, crc32(how).toString(16)].join('-');
}

const SEAL_BYTES = 4;
/** V8 asks only for the length of what it compiled, and ends the process where its own bytes are not whole. */
const sealOf = (bytes, codeSum) => crc32(bytes, codeSum);

const dated = (path) => ({ path, at: statSync(path).mtimeMs });

/** What is kept in a folder, and was made by this very code. */
const storeIn = (folder, { most, mode }, codeSum) => ({
  read(name) {
    try {
      const all = readFileSync(join(folder, name));
      const bytes = all.subarray(0, -SEAL_BYTES);
      return all.readUInt32LE(bytes.length) === sealOf(bytes, codeSum) ? bytes : undefined;
    } catch {
      return undefined;
    }
  },
  write(name, bytes) {
    try {
      mkdirSync(folder, { recursive: true });
      const others = readdirSync(folder).map((other) => join(folder, other));
      // The older half at once: to look at all of them takes longer than to write one.
      if (others.length >= most)
        for (const { path } of others
          .map(dated)
          .sort((a, b) => a.at - b.at)
          .slice(0, most / 2))
          rmSync(path, { force: true });
      const place = join(folder, name);
      const begun = `${place}.${process.pid}`;
      const seal = Buffer.alloc(SEAL_BYTES);
      seal.writeUInt32LE(sealOf(bytes, codeSum));
      writeFileSync(begun, bytes, { mode });
      appendFileSync(begun, seal);
      renameSync(begun, place);
    } catch {
      // Where nothing may be written, or two do at once, the next run does it again.
    }
  },
});

/**
 * What `src/whole.cjs` gives, for a process that does nothing else: `kind` says whose compiled code it takes. `keep` writes
 * it down where there was none, once most of what is needed has run. `store` is for what is read of users' files.
 */
exports.load = function load(kind) {
  tuneEngine();
  const code = readFileSync(file);
  const codeSum = crc32(code);
  const keeps = process.env.NODE_DISABLE_COMPILE_CACHE === undefined;
  const [codes, store] = ['code', 'read'].map((what) =>
    keeps ? storeIn(join(cacheFolder(), what), KEPT[what], codeSum) : undefined,
  );
  const name = codeName(kind);
  const cachedData = codes?.read(name);
  const module = new Module(file);
  module.filename = file;
  const script = new Script(code.toString('latin1'), { filename: file, cachedData });
  // Whoever imports the package meanwhile gets the same.
  require.cache[file] = module;
  script.runInThisContext()(module.exports, createRequire(file), module, file);
  module.loaded = true;
  const has = cachedData !== undefined && !script.cachedDataRejected;
  const keep = () => {
    if (has) return;
    // Code is taken only under the flags that it was kept under: those of the start.
    tuneEngine();
    codes?.write(name, Reflect.apply(createCachedData, script, []));
  };
  return { whole: module.exports, keep, store };
};
