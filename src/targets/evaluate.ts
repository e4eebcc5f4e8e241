import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin, Module } from 'node:module';
import { dirname, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import type { Jiti } from 'jiti';
import { loaderIsHooked } from '../world/index.ts';

let loaded: Promise<typeof import('jiti')> | undefined;
/** Loaded by who evaluates something that Node does not load as it is; before a world begins, whose time would stand still. */
export const compiler = () => {
  loaded ??= import('jiti');
  return loaded;
};

/**
 * Evaluates a file, and whatever it imports of the user's own, anew: nothing is remembered from the last time.
 * Packages in node_modules and Node's own modules are shared. Rejects with what the file throws; the stack of a
 * SyntaxError names the place.
 */
export async function evaluateAnew(file: string): Promise<object> {
  return new Graph(await jitiFor(file)).enter(file);
}

async function jitiFor(file: string): Promise<Jiti> {
  const { createJiti } = await compiler();
  const options = { moduleCache: false, interopDefault: false };
  try {
    return createJiti(pathToFileURL(file).href, { ...options, tsconfigPaths: true });
  } catch {
    // What tsconfig.json extends may be installed where it is developed alone, and most files need none of it.
    return createJiti(pathToFileURL(file).href, options);
  }
}

/** Whether Node loads a file as it is, in a process in which nothing of it was loaded before. */
export const isPlain = (file: string): boolean => extname(file) === '.mjs';

/**
 * Evaluates a file in a process in which nothing of it was evaluated before: a plain module is Node's own to load, which costs
 * no compiler. Where it imports what Node would not find or read, a TypeScript file say, it is compiled after all: Node finds
 * that out before anything is evaluated.
 */
export async function evaluateFirst(file: string): Promise<object> {
  if (!isPlain(file)) return evaluateAnew(file);
  try {
    if (!loaderIsHooked) loadAtOnce(file);
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (!isUnlinked(error)) throw error;
    return evaluateAnew(file);
  }
}

/** Whether Node could not put the modules together; one that reads JSON, say, throws a SyntaxError of its own. */
function isUnlinked(error: unknown): boolean {
  if (!(error instanceof SyntaxError)) return NOT_LINKED.includes(Object(error).code);
  return !/^ +at .*file:\/\//m.test(error.stack ?? '');
}

const NOT_LINKED: readonly unknown[] = [
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_ESM_URL_SCHEME',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
];

/** One file of the user's own, evaluated or being evaluated. */
interface Unit {
  module: Module;
  commonjs: boolean;
  /** Settles once it is evaluated, where that takes a while. */
  over: Promise<unknown> | undefined;
  /** What its evaluation waits for right now. */
  waitsFor: Set<Unit>;
}

type Code = (
  exports: unknown,
  require: NodeJS.Require,
  module: Module,
  file: string,
  folder: string,
  jitiImport: (specifier: string) => Promise<unknown>,
  jitiESMResolve: (specifier: string) => string,
) => unknown;

const OWN = /\.(?:[cm]?[jt]sx?|json)$/;
const TYPED = /\.[cm]?tsx?$/;
const MARKED_UP = /sx$/;

/** The user's own files of one evaluation. Jiti turns each into a function and finds the next; who has run is kept here. */
class Graph {
  readonly #jiti: Jiti;
  readonly #units = new Map<string, Unit>();
  /** Packages whose import is under way. */
  #importing = 0;

  constructor(jiti: Jiti) {
    this.#jiti = jiti;
    // What an earlier evaluation has left there is not of this one.
    for (const file of Object.keys(cache)) if (isOwn(file)) delete cache[file];
  }

  async enter(file: string): Promise<object> {
    const unit = this.#begin(file, true);
    await unit.over;
    const module = namespaceOf(unit);
    const { default: own } = module;
    // Compiled to CommonJS, `export default` is a property of the exports.
    return isCompiled(own) && 'default' in own ? { ...module, default: own.default } : module;
  }

  /** Of what a package imports that is still being imported, one that is loaded at once might see what is not there yet. */
  async #importPackage(name: string, file: string): Promise<unknown> {
    const alone = this.#importing === 0 && !loaderIsHooked;
    if (alone && extname(file) === '.mjs' && loadAtOnce(file)) return this.#jiti.import(name);
    this.#importing += 1;
    try {
      return await this.#jiti.import(name);
    } finally {
      this.#importing -= 1;
    }
  }

  async #import(specifier: string, from: Unit): Promise<unknown> {
    const { filename } = from.module;
    const found = isShared(specifier) ? specifier : this.#resolveOrElse(specifier, filename);
    if (typeof found === 'object') return importedNatively(specifier, filename, found.error);
    if (!isOwn(found)) {
      return this.#importPackage(isShared(found) ? found : pathToFileURL(found).href, found);
    }
    const unit = this.#units.get(found) ?? this.#begin(found, true);
    // In a cycle it gets what there is so far, as Node does.
    if (!reaches(unit, from)) {
      from.waitsFor.add(unit);
      await unit.over;
      from.waitsFor.delete(unit);
    }
    return namespaceOf(unit);
  }

  #require(specifier: string, native: NodeJS.Require, from: string): unknown {
    if (isShared(specifier)) return native(specifier);
    const found = this.#resolveFor(specifier, native, from);
    if (!isOwn(found)) return native(found);
    return (this.#units.get(found) ?? this.#begin(found, false)).module.exports;
  }

  #resolveFor(specifier: string, native: NodeJS.Require, from: string): string {
    try {
      return native.resolve(specifier);
    } catch {
      // Without its ending, a TypeScript file is found by jiti alone.
      return this.#resolve(specifier, from);
    }
  }

  #resolveOrElse(specifier: string, from: string): string | { error: unknown } {
    try {
      return this.#resolve(specifier, from);
    } catch (error) {
      return { error };
    }
  }

  #resolve(specifier: string, from: string): string {
    const found = this.#jiti.esmResolve(specifier, pathToFileURL(from).href);
    return found.startsWith('file:') ? fileURLToPath(found) : found;
  }

  #begin(file: string, mayWait: boolean): Unit {
    // `createRequire` leads round us, and finds or makes the same.
    const known = cache[file];
    if (known !== undefined)
      return this.#keep(file, { module: known, commonjs: true, over: undefined, waitsFor: new Set() });
    const module = new Module(file);
    module.filename = file;
    module.paths = createRequire(file).resolve.paths('x') ?? [];
    const unit = this.#keep(file, { module, commonjs: true, over: undefined, waitsFor: new Set() });
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    if (extname(file) === '.json') module.exports = JSON.parse(text);
    else {
      const { script, commonjs } = this.#compile(file, text, mayWait);
      unit.commonjs = commonjs;
      if (commonjs) cache[file] = module;
      const over = this.#run(script, unit);
      unit.over = over instanceof Promise ? over : undefined;
    }
    return unit;
  }

  #keep(file: string, unit: Unit): Unit {
    this.#units.set(file, unit);
    return unit;
  }

  #run(script: Script, unit: Unit): unknown {
    const { module } = unit;
    const { filename } = module;
    const native = createRequire(filename);
    const require = Object.assign((specifier: string) => this.#require(specifier, native, filename), native);
    const code: Code = script.runInThisContext();
    return Reflect.apply(code, module.exports, [
      module.exports,
      require,
      module,
      filename,
      dirname(filename),
      (specifier: string) => this.#import(specifier, unit),
      (specifier: string) => pathToFileURL(this.#resolve(specifier, filename)).href,
    ] satisfies Parameters<Code>);
  }

  /** What compiles as CommonJS is CommonJS, as Node has it; all else jiti makes a function of. */
  #compile(file: string, text: string, mayWait: boolean): { script: Script; commonjs: boolean } {
    const plain = TYPED.test(file) || extname(file) === '.mjs' ? undefined : compiledPlain(file, text);
    // An import() would reach round us.
    if (plain !== undefined && !/\bimport\s*\(/.test(text)) return { script: plain, commonjs: true };
    const commonjs = plain !== undefined;
    const async = mayWait && !commonjs && extname(file) !== '.cts';
    const jsx = MARKED_UP.test(file) && { runtime: 'automatic' as const };
    const code = this.#jiti.transform({ filename: file, source: text, ts: TYPED.test(file), jsx, async });
    if (code.startsWith(JITI_ERROR)) throw syntaxError(file, JSON.parse(code.slice(JITI_ERROR.length)));
    return { script: compiledEsm(file, code.replace(NO_METADATA, '$1 || (() => {})'), async), commonjs };
  }
}

/** The decorator that jiti adds where `Reflect.metadata` is missing: it returns the prototype, which would replace the method. */
const NO_METADATA = /(Reflect\.metadata\?\.\([^;\n]*?\)) \|\| \(\(t\) => t\)/g;

/** CommonJS modules of this process, by file. */
const { cache } = createRequire(import.meta.url);

/** Hooks of the loader may know a name that no file has; where they do not either, it is what could not be resolved. */
async function importedNatively(specifier: string, from: string, otherwise: unknown): Promise<unknown> {
  try {
    return await importedFrom(from, specifier);
  } catch (error) {
    const unknown =
      Object(error).code === 'ERR_MODULE_NOT_FOUND' || Object(error).code === 'ERR_UNSUPPORTED_ESM_URL_SCHEME';
    throw unknown ? otherwise : error;
  }
}

/**
 * Loads a module with all that it imports: while it is imported Node asks for each file in four steps, and a world looks at each
 * of them. False where it awaits something at its top level: it can only be imported then. Throws what is wrong with it; Node
 * may import what it could not load, and then says something else.
 */
function loadAtOnce(file: string): boolean {
  try {
    unwarned(() => createRequire(file)(file));
    return true;
  } catch (error) {
    if (AWAITS.includes(Object(error).code)) return false;
    throw error;
  }
}

const AWAITS: readonly unknown[] = ['ERR_REQUIRE_ASYNC_MODULE', 'ERR_REQUIRE_ESM'];

/** Imports as a file would. */
function importedFrom(filename: string, specifier: string): Promise<unknown> {
  const { USE_MAIN_CONTEXT_DEFAULT_LOADER: importModuleDynamically } = constants;
  return unwarned(() => {
    const script = new Script('(specifier) => import(specifier)', { filename, importModuleDynamically });
    return script.runInThisContext()(specifier);
  });
}

/** That a way to load is new is nothing that whoever wrote the target can change. */
function unwarned<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Of `import.meta` jiti replaces the fields it knows; where more is left, this stands for the object as a whole. */
const META =
  '({ url: require("node:url").pathToFileURL(__filename).href, filename: __filename, dirname: __dirname, resolve: jitiESMResolve })';

const isShared = (specifier: string) => isBuiltin(specifier) || /^(?:node|data|https?):/.test(specifier);
const isOwn = (file: string) =>
  !isShared(file) && OWN.test(file) && (TYPED.test(file) || !/[\\/]node_modules[\\/]/.test(file));

function reaches(unit: Unit, wanted: Unit): boolean {
  return unit === wanted || [...unit.waitsFor].some((next) => reaches(next, wanted));
}

/** What an `import` sees. Of CommonJS: its exports as the default, and each by its name. */
function namespaceOf({ module: { exports }, commonjs }: Unit): { default?: unknown } {
  // TypeScript's `export =` makes CommonJS of a file that was compiled as a module.
  if (!commonjs && isCompiled(exports)) return exports;
  // Descriptors, so that no getter runs that nobody asked for.
  const named = Object.getOwnPropertyDescriptors(Object(exports));
  return Object.defineProperties({}, { ...named, default: { value: exports, enumerable: true } });
}

/** Whether exports are those of a module that was compiled to CommonJS. */
const isCompiled = (exports: unknown): exports is object => Object(exports).__esModule === true;

function compiled(file: string, code: string, async: boolean): Script {
  const head = `(${async ? 'async ' : ''}function (exports, require, module, __filename, __dirname, jitiImport, jitiESMResolve) { `;
  return new Script(`${head}${code}\n})`, { filename: file, columnOffset: -head.length });
}

function compiledPlain(file: string, text: string): Script | undefined {
  try {
    return compiled(file, text.replace(/^#!/, '//'), false);
  } catch {
    return undefined;
  }
}

function compiledEsm(file: string, code: string, async: boolean): Script {
  try {
    return compiled(file, code, async);
  } catch {
    return compiled(file, code.replace(/\bimport\.meta\b(?=\s*[^\w\s'"`])/g, META), async);
  }
}

const JITI_ERROR = 'exports.__JITI_ERROR__ = ';

/** What jiti could not read; it counts columns from 0. */
function syntaxError(file: string, { line, column, message }: { line: number; column: number; message: string }) {
  const error = new SyntaxError(message.trim());
  error.stack = `${file}:${line}:${column + 1}\n${error.stack}`;
  return error;
}
