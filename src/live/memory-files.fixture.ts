import type { LedgerFiles } from './ledger-files.ts';

/** Test-only: a disk in memory, and what can go wrong with one. */
export class MemoryFiles implements LedgerFiles {
  readonly files = new Map<string, Uint8Array>();
  /** Bytes of the next append that still reach the disk before it fails. */
  tearNextAt: number | undefined;
  /** The next append fails although all of it is there. */
  failsToSync = false;
  /** Every step waits for its turn here. */
  turn: () => Promise<void> = async () => {};

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.turn();
    const torn = this.tearNextAt;
    this.tearNextAt = undefined;
    this.put(path, bytes.subarray(0, torn));
    if (torn !== undefined) throw new Error('no space left on device');
    if (!this.failsToSync) return;
    this.failsToSync = false;
    throw new Error('input/output error');
  }

  async read(path: string, from: number) {
    await this.turn();
    const all = this.files.get(path);
    return all && { bytes: all.slice(from), size: all.length, identity: 'one' };
  }

  put(path: string, bytes: Uint8Array): void {
    this.files.set(path, Buffer.concat([this.files.get(path) ?? new Uint8Array(), bytes]));
  }

  textOf(path: string): string {
    return new TextDecoder().decode(this.files.get(path));
  }
}
