import type { BodyLine } from '../core/bodies.ts';
import type { RunFolder } from './run-folder.ts';

export const BODIES = 'bodies.jsonl';
/** So many bytes of a run are kept. */
const MOST_BYTES = 20 * 1024 * 1024;

export interface BodiesFile {
  /** Writes what was not written yet; false where it was, or where the file is full. */
  take(line: BodyLine): boolean;
  close(): void;
}

/** Opens `bodies.jsonl`; `full` is called once, where more is said than it takes. */
export function openBodies(folder: RunFolder, full: (line: BodyLine) => void): BodiesFile {
  const file = folder.append(BODIES);
  const written = new Set<string>();
  let left = MOST_BYTES;
  return {
    take(line) {
      if (left <= 0 || ('body' in line && written.has(line.body))) return false;
      const text = `${JSON.stringify(line)}\n`;
      const bytes = Buffer.byteLength(text);
      if (bytes > left || 'full' in line) {
        left = 0;
        const last = { full: MOST_BYTES };
        file.write(`${JSON.stringify(last)}\n`);
        full(last);
        return false;
      }
      left -= bytes;
      if ('body' in line) written.add(line.body);
      file.write(text);
      return true;
    },
    close: () => file.close(),
  };
}
