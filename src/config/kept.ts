import { createHash, type Hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';

/** Where bytes wait from one run to the next. What it hands out is whole, and of this very build of the package. */
export interface Store {
  read(name: string): Uint8Array | undefined;
  write(name: string, bytes: Uint8Array): void;
}

type Ask = (path: string) => unknown;
type Asked = readonly [question: string, path: string];

/** What may be asked of the disk, by name, so that it can be asked again. */
const questions = new Map<string, Ask>();
let store: Store | undefined;
let asked: Asked[] | undefined;
let answers: Hash | undefined;

/** From now on what is read is kept there; without it, nothing is. */
export function keepIn(where: Store | undefined): void {
  store = where;
}

/** A question to the disk. What was read of its answers may be kept, and holds for as long as they are the same. */
export function question<T>(name: string, ask: (path: string) => T): (path: string) => T {
  questions.set(name, ask);
  return (path) => {
    const answer = ask(path);
    asked?.push([name, path]);
    if (answers !== undefined) add(answers, answer);
    return answer;
  };
}

/**
 * What `read` makes of files, which may hang on nothing else than the key and the answers to questions; it is read anew
 * where any of these has changed. What throws is not kept.
 */
export function kept<T>(key: readonly unknown[], read: () => T): T {
  if (store === undefined) return read();
  const name = createHash('sha256')
    .update(JSON.stringify([process.version, process.cwd(), key]))
    .digest('hex');
  const bytes = store.read(name);
  const before: Kept<T> | undefined = bytes && deserialize(bytes);
  if (before !== undefined && answersTo(before.asked) === before.answers) return before.value;
  asked = [];
  answers = createHash('sha256');
  try {
    const value = read();
    store.write(name, serialize({ asked, answers: answers.digest('hex'), value } satisfies Kept<T>));
    return value;
  } finally {
    asked = undefined;
    answers = undefined;
  }
}

interface Kept<T> {
  asked: Asked[];
  answers: string;
  value: T;
}

/** Undefined where something can no longer be answered. */
function answersTo(all: readonly Asked[]): string | undefined {
  const hash = createHash('sha256');
  try {
    for (const [name, path] of all) add(hash, questions.get(name)?.(path));
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

function add(hash: Hash, answer: unknown): void {
  const bytes = answer instanceof Uint8Array ? answer : (JSON.stringify(answer) ?? '');
  hash.update(`${bytes.length}:`).update(bytes);
}
