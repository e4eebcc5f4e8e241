import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { originals } from './originals.ts';
import { refused, route } from './route.ts';

/** Processes and threads would do in real time, unseen, what the world is there to see: inside of one none is started. */
export function routeProcesses(): void {
  const childProcess = process.getBuiltinModule('node:child_process');
  for (const name of ['spawn', 'exec', 'execFile', 'fork'] as const) routeNamed(childProcess, name);
  routeStart(childProcess.ChildProcess.prototype);
  routeSync(childProcess);
  routeWorker(process.getBuiltinModule('node:worker_threads'));
  routeBindings();
}

/** Node's internal bindings start processes and open sockets past every public module. */
function routeBindings(): void {
  const binding: unknown = Reflect.get(process, 'binding');
  if (typeof binding !== 'function') return;
  route(process, 'binding', (name: unknown) => {
    const what = `process.binding ${name}`;
    if (REACHING.test(String(name)) && refused(what))
      throw new Error(`${what} (a mocked drill reaches nothing outside)`);
    return Reflect.apply(binding, process, [name]);
  });
}

const REACHING = /^(?:spawn_sync|inspector|cares_wrap|js_stream|stream_wrap|(?:process|pipe|tcp|tls|tty|udp)_wrap)$/;

/** What the call of `child_process` under way is told as; the asynchronous ones all end in `ChildProcess.prototype.spawn`. */
let calling: string | undefined;

type Module = typeof import('node:child_process');

function routeNamed(childProcess: Module, name: 'spawn' | 'exec' | 'execFile' | 'fork'): void {
  const original: (...args: never[]) => unknown = childProcess[name];
  const named = (start: (...args: never[]) => unknown) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const outer = calling;
      calling ??= startOf(name, args);
      try {
        return Reflect.apply(start, this, args);
      } finally {
        calling = outer;
      }
    };
  const custom: unknown = Reflect.get(original, promisify.custom);
  const promised = typeof custom === 'function' ? { [promisify.custom]: named((...args) => custom(...args)) } : {};
  route(childProcess, name, Object.assign(named(original), promised));
}

/** How a call is told: the function, and the command without its arguments or its folder, which may hold secrets. */
function startOf(name: string, [command, ...rest]: readonly unknown[]): string {
  const text = command instanceof URL ? command.pathname : String(command);
  const shell = /^exec(Sync)?$/.test(name) || rest.some((options) => Boolean(optionIn(options, 'shell')));
  const file = basename(shell ? (text.trim().split(/\s/, 1)[0] ?? '') : text);
  return `child_process.${name} ${/^[\w.@+-]+$/.test(file) ? file : 'a command'}`;
}

function optionIn(options: unknown, name: string): unknown {
  return typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined;
}

/** What a shell is made to run, or a file itself; as Node calls it in its errors. */
const SHELL = process.platform === 'win32' ? 'cmd.exe' : '/bin/sh';

const ACCESS = -13;

/** The system's own error where a file may not be executed. */
function refusal(syscall: string, path: string, spawnargs: readonly unknown[]) {
  const call = `${syscall} ${path}`;
  const error = new Error(`${call} EACCES (a mocked drill never starts a process)`);
  return Object.assign(error, { errno: ACCESS, code: 'EACCES', syscall: call, path, spawnargs });
}

function routeSync(childProcess: Module): void {
  const fail = (name: string, call: readonly unknown[]) => {
    const [command, second] = call;
    // Node itself says what is wrong with a command that is none.
    if (typeof command !== 'string' || command === '' || !refused(startOf(name, call))) return undefined;
    const shell = name === 'execSync' || call.some((options) => Boolean(optionIn(options, 'shell')));
    const args = Array.isArray(second) ? second : [];
    const error = shell ? refusal('spawnSync', SHELL, ['-c', command]) : refusal('spawnSync', command, args);
    return { error, status: null, signal: null, output: null, pid: 0, stdout: null, stderr: null };
  };
  for (const name of ['spawnSync', 'execSync', 'execFileSync'] as const) {
    const original = childProcess[name];
    route(childProcess, name, (...args: unknown[]) => {
      const failed = fail(name, args);
      if (failed === undefined) return Reflect.apply(original, childProcess, args);
      if (name === 'spawnSync') return failed;
      throw Object.assign(failed.error, failed);
    });
  }
}

/** What `ChildProcess.prototype.spawn` is given. */
interface Start {
  file?: unknown;
  args?: string[];
  stdio?: string | unknown[];
}

function routeStart(prototype: ChildProcess): void {
  const spawn: unknown = Reflect.get(prototype, 'spawn');
  if (typeof spawn !== 'function') return;
  route(prototype, 'spawn', function (this: ChildProcess, options: Start): unknown {
    const file = options?.file;
    const fails = typeof file === 'string' && refused(calling ?? startOf('spawn', [file, options]));
    return fails ? fail(this, file, options) : Reflect.apply(spawn, this, [options]);
  });
}

/** Lets a child fail as one whose file may not be executed, without a handle of the real event loop. */
function fail(child: ChildProcess, file: string, { args = [], stdio = 'pipe' }: Start): number {
  const [stdin, ...outputs] = streamsOf(stdio);
  const error = () => refusal('spawn', file, args.slice(1));
  const send = (...sent: unknown[]) => {
    const done = sent.at(-1);
    if (typeof done === 'function') originals.nextTick(() => done(error()));
    return false;
  };
  Object.assign(child, {
    ...{ spawnfile: file, spawnargs: args, exitCode: ACCESS, _handle: null },
    ...{ stdin: stdin ?? null, stdout: outputs[0] ?? null, stderr: outputs[1] ?? null, stdio: [stdin, ...outputs] },
    ...(Array.isArray(stdio) && stdio.includes('ipc') && { send, disconnect: () => {} }),
  });
  const closed = outputs.map((stream) => new Promise((close) => stream?.once('close', close) ?? close(undefined)));
  originals.nextTick(() => {
    stdin?.destroy();
    child.emit('error', error());
    // The caller has had its chance to read what is left; the rest is read for it, so that the streams end.
    originals.nextTick(() => {
      for (const stream of outputs) if (stream instanceof Readable && !stream.destroyed) stream.resume();
    });
    void Promise.all(closed).then(() => child.emit('close', ACCESS, null));
  });
  return ACCESS;
}

/** The streams of a child that takes nothing and says nothing; null where the caller wants none. */
function streamsOf(stdio: string | readonly unknown[]) {
  const kinds: readonly unknown[] = typeof stdio === 'string' ? [stdio, stdio, stdio] : stdio;
  return Array.from({ length: Math.max(3, kinds.length) }, (_, i) => {
    const kind = kinds[i] ?? (i < 3 ? 'pipe' : 'ignore');
    if (kind !== 'pipe' && kind !== 'overlapped') return null;
    if (i === 0) return new Writable({ write: (_chunk, _encoding, done) => done() });
    return new Readable({
      read() {
        this.push(null);
      },
    });
  });
}

/** A proxy, so that subclasses and `instanceof` stay those of the one Worker. Node's own loader has another. */
function routeWorker(workerThreads: typeof import('node:worker_threads')): void {
  const Real = workerThreads.Worker;
  const routed = new Proxy(Real, {
    construct(target, args, newTarget) {
      const [file, options] = args;
      const name = optionIn(options, 'eval') ? 'code' : basename(file instanceof URL ? file.pathname : String(file));
      if (!refused(`worker_threads.Worker ${/^[\w.@+-]+$/.test(name) ? name : 'code'}`))
        return Reflect.construct(target, args, newTarget);
      const error = new Error('Worker initialization failure: EAGAIN (a mocked drill never starts a thread)');
      throw Object.assign(error, { code: 'ERR_WORKER_INIT_FAILED' });
    },
  });
  Reflect.defineProperty(Real.prototype, 'constructor', { value: routed, writable: true, configurable: true });
  Reflect.defineProperty(workerThreads, 'Worker', {
    ...Reflect.getOwnPropertyDescriptor(workerThreads, 'Worker'),
    value: routed,
  });
}
