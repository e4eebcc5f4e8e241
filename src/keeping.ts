import { catalogue as builtin } from './catalogue.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { kept } from './config/kept.ts';

/** How to keep what is read by a catalogue: with plugins of the project it hangs on more than files, and is read anew. */
export function keeping(catalogue: Catalogue): typeof kept {
  // Which reporters there are is the one thing that changes nothing of what is read.
  const { reporters, ...reads } = builtin;
  const isBuiltin = Object.entries(reads).every(([kind, its]) => Reflect.get(catalogue, kind) === its);
  return isBuiltin ? kept : (_, read) => read();
}
