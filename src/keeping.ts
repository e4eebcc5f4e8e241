import { catalogue as builtin } from './catalogue.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { kept } from './config/kept.ts';

/** How to keep what is read by a catalogue: with plugins of the project it hangs on more than files, and is read anew. */
export const keeping = (catalogue: Catalogue): typeof kept =>
  READ_BY.every((kind) => catalogue[kind] === builtin[kind]) ? kept : (_, read) => read();

/** What reporters there are changes nothing of what is read. */
const READ_BY = ['protocols', 'faults', 'checks'] as const;
