import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { expect } from 'vitest';
import { builds } from './bundle.mjs';
import { RunReport } from './core/report.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { createWallClock } from './world/index.ts';

const root = join(import.meta.dirname, '..');
const limits = { timeout: HANG_GUARD_MS, killSignal: 'SIGKILL', encoding: 'utf8' } as const;

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`], limits).status === 0;
/** Where it could be installed, its absence is a failure. */
export const noTmux = !has('tmux') && !has('apt-get');

/** A change of one line of a source, for a command that is wrong on purpose. */
export interface Edit {
  file: string;
  find: string;
  replace: string;
}

/** A project with the command itself, built anew, and an agent that can be held in the middle of a drill. */
export class Home implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'drill-screen-'));
  readonly #socket = join(this.path, 'tmux');
  /** Files of the build that hold code of the packages a screen is drawn with. */
  #drawing: string[] = [];
  #runs = 0;

  async build(...edits: Edit[]): Promise<this> {
    for (const name of ['package.json', 'bin']) cpSync(join(root, name), join(this.path, name), { recursive: true });
    for (const name of ['fixtures', 'node_modules']) symlinkSync(join(root, name), join(this.path, name));
    const made = await Promise.all(builds(join(this.path, 'dist'), [edited(edits)]).map((options) => build(options)));
    this.#drawing = made
      .flatMap(({ metafile }) => Object.entries(metafile.outputs))
      .filter(([, { inputs }]) =>
        Object.keys(inputs).some((file) => /node_modules\/(ink|react|yoga-layout)\//.test(file)),
      )
      .map(([file]) => resolve(root, file));
    for (const folder of ['drills', 'tasks']) mkdirSync(join(this.path, folder));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(this.path, name), text);
    return this;
  }

  /** Opens a terminal and runs the command in it; `gate` is the file that the agent waits for. */
  open(columns: number, lines: number, { env = '', args = '' } = {}): Terminal {
    const gate = join(this.path, `gate-${this.#runs + 1}`);
    const agent = `agent-${this.#runs + 1}.mjs`;
    writeFileSync(join(this.path, agent), agentOf(gate));
    return this.#terminal(columns, lines, gate, `${env} ${COMMAND} --target ./${agent} ${args}`);
  }

  /** The same with any words of the command, and nothing that is waited for. */
  drill(columns: number, lines: number, words: string, env = ''): Terminal {
    return this.#terminal(columns, lines, this.path, `${env} ${DRILL} ${words}`);
  }

  #terminal(columns: number, lines: number, gate: string, command: string): Terminal {
    return new Terminal(this.#socket, `t${++this.#runs}`, {
      ...{ columns, lines, folder: this.path, gate },
      command: `env -u CI -u NO_COLOR -u FORCE_COLOR -u COLUMNS ${command}`,
    });
  }

  /** Runs the command where there is no terminal; its agent waits for nothing. */
  run(args: readonly string[] = [], env: Record<string, string> = {}) {
    writeFileSync(join(this.path, 'agent-0.mjs'), agentOf(this.path));
    return this.#piped(`${COMMAND} --target ./agent-0.mjs ${['--out', 'out', ...args].join(' ')}`, env);
  }

  /** The same with any words of the command, and no standard input. */
  piped(words: string) {
    return this.#piped(`${DRILL} ${words} < /dev/null`);
  }

  #piped(command: string, env: Record<string, string> = {}) {
    return spawnSync('sh', ['-c', command], {
      ...limits,
      cwd: this.path,
      env: { PATH: process.env['PATH'], ...env },
    });
  }

  /** What the only run in a folder left there. */
  left(out: string): { trace: string; report: RunReport } {
    const folder = join(this.path, out, readdirSync(join(this.path, out))[0] ?? '');
    const read = (file: string) => readFileSync(join(folder, file), 'utf8');
    return { trace: read('trace.jsonl'), report: RunReport.parse(JSON.parse(read('run.json'))) };
  }

  /** Takes away what draws a screen: whoever loads it from now on cannot. */
  loseDrawing(): void {
    for (const file of this.#drawing) rmSync(file);
  }

  [Symbol.dispose](): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server'], limits);
    // A run that was going on writes its reports as its terminal goes.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function edited(edits: readonly Edit[]): Plugin {
  return {
    name: 'edited',
    setup({ onLoad }) {
      for (const { file, find, replace } of edits)
        onLoad({ filter: new RegExp(`/src/${file}$`) }, ({ path }) => {
          const text = readFileSync(path, 'utf8');
          expect(text.split(find).length, `${find} stands once in ${file}`).toBe(2);
          return { contents: text.replace(find, replace), loader: 'ts' };
        });
    },
  };
}

/** One terminal with the command in it. Its bytes are kept from the first one on. */
/** So many looks in a row have to show the same. */
const LOOKS = 10;

export class Terminal {
  readonly #name: string;
  readonly #socket: string;
  readonly #gate: string;
  readonly #log: string;

  constructor(
    socket: string,
    name: string,
    {
      columns,
      lines,
      folder,
      gate,
      command,
    }: { columns: number; lines: number; folder: string; gate: string; command: string },
  ) {
    [this.#socket, this.#name, this.#gate, this.#log] = [socket, name, gate, join(folder, `${name}.log`)];
    // It ends by itself where nobody ends it, and waits until its bytes are kept.
    const waits = `until [ -e ${this.#log} ]; do sleep 0.02; done`;
    const shell = `${waits}; cd ${folder}; ${command}; code=$?; echo EXIT=$code $(stty -a | grep -o -e '-\\?icanon'); sleep 300`;
    const size = ['-x', String(columns), '-y', String(lines)];
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-s', name, ...size, shell);
    this.#tmux('pipe-pane', '-t', name, `cat > ${this.#log}`);
  }

  /** What is seen, or with what was scrolled away. */
  shown(from: 'window' | 'all' = 'window'): string {
    const all = from === 'all' ? ['-S', '-'] : [];
    return this.#tmux('capture-pane', '-p', '-t', this.#name, ...all).trimEnd();
  }

  /** Looks until the window holds that, and stays as it is: it may be seen in the middle of being drawn, or not yet resized. */
  async until(pattern: RegExp): Promise<string> {
    const clock = createWallClock();
    let [before, same, looks] = ['', 0, 0];
    for (;;) {
      const shown = this.shown();
      const still = shown.replace(/^[\d.]+ (?:s|min).*;/m, '');
      same = still === before ? same + 1 : 0;
      before = still;
      const all = this.shown('all');
      if (pattern.test(all)) looks += 1;
      if ((pattern.test(shown) && same >= LOOKS) || looks >= 6 * LOOKS) return shown;
      if (/^EXIT=/m.test(all) && !pattern.test(all)) expect.fail(`never ${pattern}:\n${all}`);
      await clock.sleep(30);
    }
  }

  /** Waits for what the bytes show; one that never comes hangs. */
  async untilSo(so: () => boolean): Promise<void> {
    const clock = createWallClock();
    while (!so()) await clock.sleep(30);
  }

  press(key: string): void {
    this.#tmux('send-keys', '-t', this.#name, key);
  }

  resize(columns: number, lines: number): void {
    this.#tmux('resize-window', '-t', this.#name, '-x', String(columns), '-y', String(lines));
  }

  /** Lets the agent go on. */
  release(): this {
    writeFileSync(this.#gate, '');
    return this;
  }

  /** All that the terminal got. */
  bytes(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
  }

  #tmux(...args: string[]): string {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' };
    return execFileSync('tmux', ['-u', '-S', this.#socket, ...args], { ...limits, env });
  }
}

const DRILL = `${process.execPath} bin/drill.js`;
const COMMAND = `${DRILL} run first held last --tasks tasks --stuck-after-ms 9999999`;

/** Steers a terminal, writes to the left, has no width, two columns, and is longer than anything. */
export const HOSTILE = `\u001b[2J\u001b]0;owned\u0007\u202eback\u202c\u200bzero\u200d 退款🧾 ${'long '.repeat(20_000)}`;

const golden = (name: string, input: string) => JSON.stringify({ name, input, must_include: ['10 am'] });
const drill = (name: string, tasks: number, more = '') => `
drill: ${name}
title: The primary is down (${name})
hypothesis: Every task is answered all the same.
workflow: support-answer
phases:
  - { name: outage, tasks: ${tasks}, faults: [{ fault: server-error, role: primary }] }${more}
expect: { fails-over: { role: backup, within_ms: 8000 } }
`;
const FILES = {
  'tasks/hours.json': golden('hours', 'When are you open?'),
  'tasks/parcel.json': golden('parcel', 'When does the parcel come? 包裹 📦'),
  'tasks/sunday.json': golden('sunday', 'And on Sunday?'),
  'drills/first.yaml': drill('first', 3),
  'drills/held.yaml': drill(
    'held',
    6,
    '\n  - { name: still_out, tasks: 12, load: { every_ms: 1000 }, faults: [{ fault: server-error, role: primary }] }',
  ),
  'drills/last.yaml': drill('last', 3),
};

/** Leaves the primary alone after three failures; fails one task of the longer drill, and waits at another until it may go on. */
const agentOf = (gate: string) => `
import { existsSync } from 'node:fs';
let [asked, failures] = [0, 0];
const post = async (role, task) => {
  const body = JSON.stringify({ model: role.model, messages: [{ role: 'user', content: task.input }] });
  const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return (await reply.json()).choices[0].message.content;
};
export default async (task, { roles }) => {
  asked += 1;
  const rest = new Int32Array(new SharedArrayBuffer(4));
  while (asked === 11 && !existsSync(${JSON.stringify(gate)})) Atomics.wait(rest, 0, 0, 20);
  if (failures < 3)
    try {
      return await post(roles.primary, task);
    } catch {
      failures += 1;
    }
  if (asked === 5) throw new Error(${JSON.stringify(HOSTILE)});
  return { kind: 'answered', answer: await post(roles.backup, task), degraded: true, notice: 'This answer comes from our reserve.' };
};
const at = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: at('gpt-5-mini'), backup: at('gpt-5-nano') };
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'] };
`;
