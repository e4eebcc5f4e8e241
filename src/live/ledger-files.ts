import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../core/errors.ts';

/** The two things that a ledger does with a disk. */
export interface LedgerFiles {
  /**
   * Puts bytes at the end of a file in one write, making file and folder where there are none, and resolves once they are
   * on the disk. Rejects where that is not sure: then any beginning of the bytes may stand there.
   */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** What stands from a byte on; undefined where there is no such file. */
  read(path: string, from: number): Promise<LedgerPiece | undefined>;
}

export interface LedgerPiece {
  bytes: Uint8Array;
  /** Bytes of the whole file. */
  size: number;
  /** Tells the file from another that came to its name. */
  identity: string;
}

/**
 * Files of a local disk. A network file system keeps neither promise that this rests on: that two appends never mix, and
 * that what was written is read by the next process.
 */
export function createLedgerFiles(): LedgerFiles {
  const named = new Set<string>();
  return {
    async append(path, bytes) {
      const folder = dirname(resolve(path));
      const made = await mkdir(folder, { recursive: true });
      const file = await open(path, 'a', 0o600);
      try {
        const { bytesWritten } = await file.write(bytes);
        // The rest must not follow: another process may have written in between.
        if (bytesWritten < bytes.length)
          throw new Error(`only ${bytesWritten} of ${bytes.length} bytes could be written`);
        await file.sync();
      } finally {
        await file.close();
      }
      // A file whose name is not on the disk is lost with the power, whatever stands in it.
      if (!named.has(path)) await syncFolders(folder, made);
      named.add(path);
    },
    async read(path, from) {
      const file = await open(path, 'r').catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (file === undefined) return undefined;
      try {
        const { size, dev, ino, birthtimeMs } = await file.stat();
        const bytes = new Uint8Array(Math.max(0, size - from));
        let got = 0;
        while (got < bytes.length) {
          const { bytesRead } = await file.read(bytes, got, bytes.length - got, from + got);
          if (bytesRead === 0) break;
          got += bytesRead;
        }
        return { bytes: bytes.subarray(0, got), size, identity: [dev, ino, birthtimeMs].join() };
      } finally {
        await file.close();
      }
    },
  };
}

/** From the ledger's own folder up to the one that was there before `made`. */
async function syncFolders(folder: string, made: string | undefined): Promise<void> {
  const last = made === undefined ? folder : dirname(made);
  for (let at = folder; ; at = dirname(at)) {
    const handle = await open(at, 'r');
    await handle.sync().finally(() => handle.close());
    if (at === last || at === dirname(at)) return;
  }
}
